// Colours of charts. They are told apart by people who see few colours, and by lightness alone.

/** What a line is, rather than how it looks. */
export type Colour = "offered" | "good" | "failed" | "refused" | "tries" | "latency" | "out";

const light: Record<Colour, string> = {
  offered: "#8a8f98",
  good: "#0b7a4b",
  failed: "#c8281e",
  refused: "#b26a00",
  tries: "#1f5fbf",
  latency: "#7a3fb0",
  out: "#a1357a",
};

const dark: Record<Colour, string> = {
  offered: "#8b93a1",
  good: "#4cc38a",
  failed: "#ff7b6e",
  refused: "#f0a83c",
  tries: "#6ea8fe",
  latency: "#c79bff",
  out: "#f08cc6",
};

const strokes = (colours: Record<Colour, string>): string =>
  Object.entries(colours)
    .map(([name, colour]) => `.${name}{stroke:${colour}}`)
    .join("");

/** Follows the page's scheme, also where the file is shown by an `img`. */
export const chartStyle = [
  "text{font-family:system-ui,sans-serif;fill:#1d2330}.faint,.tick{fill:#5b6472}.tick{font-size:11px}",
  ".head{font-size:16px;font-weight:600}.name{font-weight:600}.page{fill:#fff}.grid{stroke:#e3e6ea}",
  ".shade{fill:#c8281e;opacity:.09}.shade-name{fill:#a3352c;font-size:11px}",
  ".line{fill:none;stroke-width:1.8;stroke-linejoin:round}.dashed{stroke-dasharray:6 4}",
  strokes(light),
  "@media (prefers-color-scheme:dark){text{fill:#e8ebf0}.faint,.tick{fill:#9aa3b2}.page{fill:#14171d}",
  `.grid{stroke:#2a2f39}.shade{fill:#ff7b6e;opacity:.13}.shade-name{fill:#ff9d92}${strokes(dark)}}`,
].join("");
