// In node the program is read from the file beside this one: nothing has to be awaited.
import { readFileSync } from "node:fs";
import init, { initSync } from "./trm_puzzles.js";

initSync({ module: readFileSync(new URL("./trm_puzzles_bg.wasm", import.meta.url)) });

export default init;
export * from "./trm_puzzles.js";
