// The names that Slack gives to emoji, as far as a bot of this kind uses them.

const NAMES = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  warning: "⚠️", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", exclamation: "❗", question: "❓",
  grey_question: "❔", information_source: "ℹ️", hourglass_flowing_sand: "⏳", hourglass: "⌛", stopwatch: "⏱️",
  alarm_clock: "⏰", clock1: "🕐", clock3: "🕒", clock9: "🕘", calendar: "📆", date: "📅",
  large_green_circle: "🟢", red_circle: "🔴", large_yellow_circle: "🟡", large_orange_circle: "🟠", large_blue_circle: "🔵",
  large_purple_circle: "🟣", white_circle: "⚪", black_circle: "⚫", large_green_square: "🟩", large_yellow_square: "🟨",
  large_red_square: "🟥", large_blue_square: "🟦", white_large_square: "⬜", black_large_square: "⬛",
  key: "🔑", old_key: "🗝️", lock: "🔒", unlock: "🔓", closed_lock_with_key: "🔐", lock_with_ink_pen: "🔏", shield: "🛡️",
  rocket: "🚀", tada: "🎉", sparkles: "✨", star: "⭐", fire: "🔥", zap: "⚡", boom: "💥", trophy: "🏆", checkered_flag: "🏁",
  triangular_flag_on_post: "🚩", bust_in_silhouette: "👤", busts_in_silhouette: "👥", technologist: "🧑‍💻", detective: "🕵️",
  robot_face: "🤖", office: "🏢", house: "🏠", globe_with_meridians: "🌐", cloud: "☁️", satellite_antenna: "📡",
  gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", toolbox: "🧰", nut_and_bolt: "🔩", electric_plug: "🔌", battery: "🔋",
  mag: "🔍", mag_right: "🔎", microscope: "🔬", test_tube: "🧪", stethoscope: "🩺", adhesive_bandage: "🩹", ambulance: "🚑",
  arrows_counterclockwise: "🔄", arrows_clockwise: "🔃", repeat: "🔁", rewind: "⏪", link: "🔗", paperclip: "📎", clipboard: "📋",
  memo: "📝", pencil: "📝", pencil2: "✏️", page_facing_up: "📄", bookmark_tabs: "📑", ledger: "📒", books: "📚", package: "📦",
  card_index_dividers: "🗂️", file_folder: "📁", inbox_tray: "📥", outbox_tray: "📤", email: "📧", envelope: "✉️",
  bar_chart: "📊", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", label: "🏷️", ticket: "🎫", receipt: "🧾",
  wave: "👋", point_right: "👉", point_left: "👈", point_up: "☝️", point_down: "👇", thumbsup: "👍", "+1": "👍", thumbsdown: "👎",
  "-1": "👎", clap: "👏", raised_hands: "🙌", raised_hand: "✋", pray: "🙏", muscle: "💪", eyes: "👀", ok_hand: "👌",
  speech_balloon: "💬", thought_balloon: "💭", mega: "📣", loudspeaker: "📢", bell: "🔔", no_bell: "🔕", bulb: "💡",
  smile: "😄", slightly_smiling_face: "🙂", grinning: "😀", thinking_face: "🤔", sweat_smile: "😅", sob: "😭", cry: "😢",
  heart: "❤️", green_heart: "💚", blue_heart: "💙", broken_heart: "💔", seedling: "🌱", ghost: "👻", coffee: "☕",
  wastebasket: "🗑️", construction: "🚧", rotating_light: "🚨", traffic_light: "🚦", vertical_traffic_light: "🚦",
  computer: "💻", desktop_computer: "🖥️", floppy_disk: "💾", mute: "🔇", zzz: "💤", new: "🆕", ok: "🆗", sos: "🆘", up: "🆙",
  fast_forward: "⏩", arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", arrow_forward: "▶️",
  arrow_upper_right: "↗️", arrow_right_hook: "↪️", heavy_plus_sign: "➕", heavy_minus_sign: "➖", small_blue_diamond: "🔹",
  small_orange_diamond: "🔸", radio_button: "🔘", one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣", six: "6️⃣",
  seven: "7️⃣", eight: "8️⃣", nine: "9️⃣", keycap_ten: "🔟", handshake: "🤝", crossed_fingers: "🤞", compass: "🧭",
  world_map: "🗺️", door: "🚪", mailbox: "📫", pushpin: "📌", round_pushpin: "📍", scales: "⚖️", balloon: "🎈", beers: "🍻",
};

/** The emoji of that name, or null when it is not known (it is then shown as it was written). */
export function emoji(name) {
  return NAMES[name.replace(/::skin-tone-[2-6]$/, "")] ?? null;
}
