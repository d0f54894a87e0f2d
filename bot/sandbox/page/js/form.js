// What has been filled in on one surface (a view, App Home, a message), in the shape in which Slack reports it.

/** Fields by block and action. `kept` are states of an earlier rendering, which win over the blocks' initial values. */
export class Form {
  constructor(kept = {}) {
    this.kept = kept;
    this.fields = [];
  }

  /** The state that a field starts from, if it was there before with the same ids and type. */
  start(blockId, element) {
    const state = this.kept[blockId]?.[element.action_id];
    return state && (!state.type || state.type === element.type) ? state : null;
  }

  /** A field; `read()` gives its state without the type. */
  add(blockId, element, read) {
    this.fields.push({ blockId, element, read });
  }

  /** `{block_id: {action_id: {type, …}}}` */
  values() {
    const values = {};
    for (const { blockId, element, read } of this.fields) {
      values[blockId] ??= {};
      values[blockId][element.action_id] = { type: element.type, ...read() };
    }
    return values;
  }

  /** What Slack would refuse by itself, before the app hears of it: `{block_id: sentence}`. */
  problems(blocks) {
    const problems = {};
    const inputs = new Map(
      blocks.filter((block) => block.type === "input").map((block) => [block.block_id, block]),
    );
    for (const { blockId, element, read } of this.fields) {
      const block = inputs.get(blockId);
      const problem = block && problemOf(block, element, Object.values(read())[0]);
      if (problem) problems[blockId] = problem;
    }
    return problems;
  }
}

const isEmpty = (value) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

function problemOf(block, element, value) {
  if (isEmpty(value)) return block.optional ? null : "Please complete this required field.";
  if (typeof value !== "string") return null;
  const check = CHECKS[element.type];
  return check ? check(value, element) : null;
}

const CHECKS = {
  plain_text_input: (value, { min_length: least, max_length: most }) => {
    if (least && value.length < least) return `Please lengthen this text to ${least} characters or more.`;
    return most && value.length > most ? `Please shorten this text to ${most} characters or less.` : null;
  },
  email_text_input: (value) =>
    /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : "Please enter a valid email address.",
  url_text_input: (value) => (URL.canParse(value) ? null : "Please enter a valid URL."),
  number_input: (value, { is_decimal_allowed: decimal, min_value: least, max_value: most }) => {
    const number = Number(value);
    if (Number.isNaN(number) || (!decimal && !Number.isInteger(number)))
      return decimal ? "Please enter a number." : "Please enter a whole number.";
    if (!isEmpty(least) && number < Number(least)) return `Please enter a number no less than ${least}.`;
    return !isEmpty(most) && number > Number(most) ? `Please enter a number no greater than ${most}.` : null;
  },
};
