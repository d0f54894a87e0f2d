// The context in which blocks of one surface work: what a click sends, and where options come from.

import { act, ask } from "./store.js";
import { reported } from "./toasts.js";

/** A context for the blocks of `container` ({channel, ts}, {view_id} or {home: true});
 *  `place` tells two renderings of the same message apart. */
export function surfaceContext({ surface, container, form, me, touched, after, place = "" }) {
  return {
    surface,
    form,
    me,
    touched,
    focusKey: [place, ...Object.values(container)].join("/"),
    async dispatch(blockId, element, extra) {
      const click = {
        type: "click",
        container,
        block_id: blockId,
        action_id: element.action_id,
        value: extra,
        values: form.values(),
      };
      const answer = await act(click);
      if (after) after(answer);
      else reported(answer);
    },
    suggest: (blockId, element, text) =>
      ask({ type: "suggest", container, block_id: blockId, action_id: element.action_id, text }),
  };
}
