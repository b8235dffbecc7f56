// Puts the page together: boards, each with its player, over one worker.
import { PUZZLES } from "./boards.js";
import { Engine } from "./engine.js";
import { GridBoard } from "./grid.js";
import { MazeBoard } from "./maze.js";
import { OwnPuzzles } from "./own.js";
import { Player } from "./player.js";

const $ = (id) => document.getElementById(id);
const engine = new Engine();
const boards = {
    sudoku: new GridBoard($("sudoku-board"), $("sudoku-pad")),
    puzzle: new GridBoard($("puzzle-board"), $("puzzle-pad")),
    maze: new MazeBoard($("maze-board"), $("maze-cursor")),
};
const KINDS = ["sudoku", "puzzle", "maze"];
const players = {};
let shown = "sudoku";

for (const kind of KINDS) {
    players[kind] = new Player(kind, engine, boards[kind], $(kind));
    players[kind].ui.file.onchange = ({ target }) => target.files[0] && load(target.files[0], kind);
    $(`tab-${kind}`).onclick = () => show(kind);
    engine.call("about", kind).then((about) => {
        players[kind].use(about);
        if (kind === "sudoku") $("weights").textContent = about.n_weights.toLocaleString("en");
    }, (error) => players[kind].refuse(error));
}

function show(kind) {
    shown = kind;
    for (const other of KINDS) {
        const tab = $(`tab-${other}`);
        tab.setAttribute("aria-selected", other === kind);
        tab.tabIndex = other === kind ? 0 : -1;
        $(other).hidden = other !== kind;
    }
}

document.querySelector(".tabs").onkeydown = (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const step = event.key === "ArrowRight" ? 1 : KINDS.length - 1;
    show(KINDS[(KINDS.indexOf(shown) + step) % KINDS.length]);
    $(`tab-${shown}`).focus();
};

for (const kind of ["sudoku", "maze"]) $(`${kind}-use`).onclick = () => useText(kind, $(`${kind}-text`).value);

/** Reads a Sudoku or a maze from text, or says what is wrong with it. */
async function useText(kind, text) {
    try {
        const found = await engine.call("check", kind, text);
        if (kind === "maze") sizes(found.height, found.width);
        else if (found.side !== 9) throw new Error(`a Sudoku of ${found.side}x${found.side} cells; this page draws 9x9`);
        boards[kind].setText(found.text);
    } catch (error) {
        // A whole Sudoku is shown, with the cells that break a rule. Cells of another text are not those of
        // the board.
        const cells = kind === "sudoku" && text.match(/[0-9.]/g);
        const whole = cells && cells.length === 81;
        if (whole) boards.sudoku.setText(cells.join("").replaceAll("0", "."));
        players[kind].refuse(whole ? error : new Error(error.message));
    }
}

// Sudoku

for (const [level, puzzles] of Object.entries(PUZZLES)) {
    const group = document.createElement("optgroup");
    group.label = level;
    puzzles.forEach((puzzle, i) => group.append(new Option(`${level} ${i + 1}`, puzzle)));
    $("sudoku-pick").append(group);
}
$("sudoku-pick").onchange = ({ target }) => boards.sudoku.setText(target.value);
$("sudoku-clear").onclick = () => boards.sudoku.empty();
$("sudoku-board").addEventListener("puzzle", ({ detail }) => useText("sudoku", detail));
boards.sudoku.layOut({ nCells: 81, width: 9, symbols: "123456789" });
boards.sudoku.decorate(Array.from({ length: 81 }, (_, i) => Math.floor(i / 27) * 3 + Math.floor((i % 9) / 3)));
boards.sudoku.setText($("sudoku-pick").value);

// Puzzle files

const own = new OwnPuzzles(engine, boards.puzzle, players.puzzle);

// Maze

/** The most rows and columns. */
const MOST = 100;

const side = (name) => {
    const input = $(`maze-${name}`);
    input.value = Math.max(2, Math.min(MOST, Math.round(Number(input.value) || 20)));
    return Number(input.value);
};

function sizes(height, width) {
    if (Math.max(height, width) > MOST) {
        throw new Error(`${height} x ${width} cells; this page draws at most ${MOST} x ${MOST}`);
    }
    $("maze-height").value = height;
    $("maze-width").value = width;
}

async function randomMaze() {
    const [height, width] = [side("height"), side("width")];
    const minPath = Math.floor((height + width) * 0.7);
    const seed = Math.floor(Math.random() * 2 ** 32);
    try {
        boards.maze.setText(await engine.call("generate", height, width, minPath, seed));
    } catch (error) {
        players.maze.refuse(error);
    }
}

boards.maze.empty(side("height"), side("width"));
randomMaze();
$("maze-random").onclick = randomMaze;
for (const name of ["height", "width"]) $(`maze-${name}`).onchange = () => boards.maze.empty(side("height"), side("width"));
$("maze-clear").onclick = () => boards.maze.empty(side("height"), side("width"));
for (const tool of document.querySelectorAll("[name=tool]")) tool.onchange = () => (boards.maze.tool = tool.value);

// Model files and puzzle files

async function load(file, kind) {
    try {
        if (file.name.endsWith(".toml")) {
            show("puzzle");
            await own.open(await file.text(), file.name);
            return;
        }
        const about = await engine.call("load", await file.arrayBuffer(), kind);
        show(about.puzzle);
        players[about.puzzle].use(about, file.name);
        if (about.file) await own.show(about.file, file.name);
    } catch (error) {
        players[shown === "puzzle" ? shown : kind].refuse(new Error(`${file.name}: ${error.message}`));
    }
}

$("puzzle-file").onchange = ({ target }) => target.files[0] && load(target.files[0], "puzzle");

const dragsFile = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragover", (event) => {
    if (!dragsFile(event)) return;
    event.preventDefault();
    $("drop").hidden = false;
});
addEventListener("dragleave", (event) => event.relatedTarget === null && ($("drop").hidden = true));
addEventListener("drop", (event) => {
    if (!dragsFile(event)) return;
    event.preventDefault();
    $("drop").hidden = true;
    const [file] = event.dataTransfer.files;
    if (file) load(file, shown);
});

// Keys that work everywhere but where text is typed, and where Enter presses something.

addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const player = players[shown];
    if (event.key === "Enter" && !event.target.matches("button, summary")) player.toggle();
    else if (event.key === ".") player.stepOnce();
    else if (event.key === "Escape") player.reset();
    else return;
    event.preventDefault();
});
