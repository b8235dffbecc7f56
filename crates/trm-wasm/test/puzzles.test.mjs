// Puzzles that a file describes, as node users get them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as trm from "../pkg/node-puzzles.js";
import { withNote } from "./note.mjs";

const read = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
const file = (name) => read(`../../../examples/puzzles/${name}.toml`).toString();
const weights = read("../../trm-models/weights/sudoku.safetensors");

/** The rules, written once more: no symbol twice in a group, and the givens kept. */
function obeysRules(groups, question, answer) {
    return groups.every(({ cells }) => new Set([...cells].map((c) => answer[c])).size === cells.length)
        && !answer.includes(".") && [...question].every((given, i) => given === "." || given === answer[i]);
}

const refused = (call, message, more = {}) => assert.throws(call, (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
    for (const [name, value] of Object.entries(more)) assert.deepEqual(error[name], value);
    return true;
});

for (const name of ["sudoku-x", "windoku", "jigsaw", "anti-knight", "sudoku-6x6"]) {
    test(`solves most of what it makes of ${name}, and says truly whether it did`, () => {
        const puzzle = new trm.Puzzle(file(name));
        let verified = 0;
        for (let seed = 1; seed <= 3; seed++) {
            const { question, answer, columns } = puzzle.generate(seed, 1);
            const check = puzzle.check(question, columns);
            assert.deepEqual([check.text, check.solutions], [question, 1]);
            assert.ok(obeysRules(check.groups, question, answer));
            assert.deepEqual([check.regions.length, new Set(check.regions).size], [question.length, puzzle.symbols.length]);
            const solution = trm.solve_puzzle(puzzle, question, columns);
            assert.equal(solution.verified, obeysRules(check.groups, question, solution.answer));
            verified += Number(solution.verified);
        }
        assert.ok(verified >= 2, `${verified} of 3`);
    });
}

test("says what a file describes", () => {
    const puzzle = new trm.Puzzle(file("jigsaw"));
    assert.deepEqual([puzzle.name, puzzle.symbols, puzzle.n_cells, puzzle.width, puzzle.columns],
        ["Jigsaw Sudoku", "123456789", 81, 9, ["regions"]]);
    assert.equal(puzzle.source, file("jigsaw"));
    const graph = new trm.Puzzle(file("colouring"));
    assert.deepEqual([graph.width, graph.n_cells], [undefined, 30]);
    assert.equal(graph.check(".".repeat(30), { edges: "1-2 2-3" }).regions, undefined);
    assert.deepEqual(puzzle.generate(7), puzzle.generate(7));
    assert.notDeepEqual(puzzle.generate(7), puzzle.generate(8));
});

test("the steps can be walked through", () => {
    const puzzle = new trm.Puzzle(file("sudoku-6x6"));
    const { question } = puzzle.generate(3);
    const steps = [...trm.puzzle_steps(puzzle, question)];
    const solution = trm.solve_puzzle(puzzle, question);
    assert.deepEqual([steps.length, steps.at(-1).answer], [solution.k, solution.answer]);
    for (const { probabilities, activity } of steps) {
        assert.deepEqual([probabilities.length, activity.length], [216, 36]);
        for (let cell = 0; cell < 36; cell++) {
            const sum = probabilities.subarray(6 * cell, 6 * cell + 6).reduce((a, b) => a + b);
            assert.ok(Math.abs(sum - 1) < 1e-5, `cell ${cell}: ${sum}`);
        }
    }
    assert.equal(trm.solve_puzzle(puzzle, question, undefined, 1).k, 1);
});

test("the file of Sudoku is Sudoku", async () => {
    const { solve_sudoku } = await import("../pkg/node.js");
    const text = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    const groups = '{ name = "row", cells = "rows", kind = "line" }, { name = "column", cells = "columns", kind = "line" }, '
        + '{ name = "box", cells = "boxes 3x3", kind = "box" }';
    const puzzle = new trm.Puzzle(`name = "Sudoku"\ngrid = [9, 9]\nsymbols = "123456789"\ngroups = [${groups}]`);
    const [own, known] = [trm.solve_puzzle(puzzle, text), solve_sudoku(text)];
    assert.deepEqual([own.answer, own.k, own.confidence], [known.answer, known.k, known.confidence]);
});

test("a model that carries its puzzle serves it", () => {
    const model = new trm.Model(withNote(weights, "puzzle", file("sudoku-x")));
    assert.equal(model.puzzle, "file");
    const puzzle = model.puzzle_file;
    assert.equal(puzzle.name, "Sudoku X");
    const { question } = puzzle.generate(2, 1);
    assert.equal(model.solve_puzzle(puzzle, question).answer.length, 81);
    assert.equal([...model.puzzle_steps(puzzle, question, undefined, 2)].length, 2);
    const plain = new trm.Model(weights);
    assert.deepEqual([plain.puzzle, plain.puzzle_file], ["sudoku", undefined]);
    refused(() => new trm.Model(withNote(weights, "puzzle", "grid = 1")).puzzle_file, /^line 1: /);
});

test("a wrong file is refused with its line", () => {
    const head = 'name = "x"\ngrid = [9, 9]\nsymbols = "123456789"\n';
    refused(() => new trm.Puzzle("name = "), /^line 1: /, { line: 1 });
    refused(() => new trm.Puzzle('name = "x"\ngrid = [1000, 1000]'), /^line 2: 1000000 cells, at most 4096/, { line: 2 });
    refused(() => new trm.Puzzle(`${head}groups = [\n{ name = "a", cells = "spirals" }]`), /^line 5: .*names no cells/, { line: 5 });
    refused(() => new trm.Puzzle("#".repeat(2 << 20)), /bytes, at most/);
});

test("a wrong question is refused with its cells", () => {
    const puzzle = new trm.Puzzle(file("sudoku-x"));
    const blank = ".".repeat(81);
    refused(() => puzzle.check("12"), /^2 cells, 81 were expected$/, { cells: [] });
    refused(() => puzzle.check("5.5" + blank.slice(3)), /^5 stands twice in a row/, { cells: [[0, 0], [0, 2]] });
    refused(() => puzzle.check("5" + ".".repeat(79) + "5"), /stands twice in a diagonal/, { cells: [[0, 0], [8, 8]] });
    refused(() => puzzle.check(".x" + blank.slice(2)), /'x' is neither a symbol nor a blank/, { cells: [[0, 1]] });
    refused(() => trm.solve_puzzle(puzzle, "12345678.........9" + blank.slice(18)), /^the puzzle has no solution$/);
    refused(() => trm.solve_puzzle(puzzle, blank, undefined, 0), /max_k/);
    assert.equal(puzzle.check(blank).solutions, 2);
    const jigsaw = new trm.Puzzle(file("jigsaw"));
    refused(() => jigsaw.check(blank), /column "regions", and there is none/);
    refused(() => jigsaw.check(blank, { regions: "AB" }), /column "regions": 2 characters/);
    const graph = new trm.Puzzle(file("colouring"));
    refused(() => graph.check("RR" + ".".repeat(28), { edges: "1-2" }), /stands twice/, { cells: [[0, 0], [0, 1]] });
    // The weights of Sudoku know no diagonals of queens.
    const queens = new trm.Puzzle(file("queens"));
    refused(() => trm.solve_puzzle(queens, queens.generate(1).question), /no weights of the kind diagonal/);
    refused(() => new trm.Puzzle(file("jigsaw").replace(', make = "regions"', "")).generate(1), /`make` is missing/);
});
