// The package as node users get it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as trm from "../pkg/node.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const HARD = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";
const MAZE = "S      \n###### \n       \n ######\n      G\n";
const weights = readFileSync(here("../../trm-models/weights/sudoku.safetensors"));

/** The rules, written once more: no digit twice in a unit, and the givens kept. */
function obeysRules(puzzle, answer) {
    const units = [...Array(9).keys()].flatMap((i) => {
        const cells = [...Array(9).keys()];
        const [top, left] = [3 * Math.floor(i / 3), 3 * (i % 3)];
        return [
            cells.map((j) => 9 * i + j), cells.map((j) => 9 * j + i),
            cells.map((j) => 9 * (top + Math.floor(j / 3)) + left + (j % 3)),
        ];
    });
    return units.every((unit) => new Set(unit.map((c) => answer[c])).size === 9) && /^[1-9]{81}$/.test(answer)
        && [...puzzle].every((given, i) => given === "." || given === answer[i]);
}

test("solves a Sudoku, and says truly that it did", () => {
    const solution = trm.solve_sudoku(EASY);
    assert.equal(solution.verified, true, solution.fault);
    assert.ok(obeysRules(EASY, solution.answer), solution.answer);
    assert.equal(solution.trace.length, solution.k);
    assert.equal(solution.trace.at(-1).confidence, solution.confidence);
});

test("one step is too few, and is said to be", () => {
    const solution = trm.solve_sudoku(EASY, 1);
    assert.deepEqual([solution.k, solution.early_stopped], [1, false]);
    assert.equal(solution.verified, obeysRules(EASY, solution.answer));
    assert.equal(solution.fault === undefined, solution.verified);
});

test("the steps can be walked through", () => {
    const solution = trm.solve_sudoku(EASY);
    const steps = [...trm.sudoku_steps(EASY)];
    assert.equal(steps.length, solution.k);
    assert.equal(steps.at(-1).answer, solution.answer);
    steps.forEach((step, i) => {
        assert.equal(step.k, i + 1);
        assert.equal(step.halted, i + 1 === steps.length);
        assert.deepEqual([step.probabilities.length, step.activity.length], [729, 81]);
        for (let cell = 0; cell < 81; cell++) {
            const sum = step.probabilities.subarray(9 * cell, 9 * cell + 9).reduce((a, b) => a + b);
            assert.ok(Math.abs(sum - 1) < 1e-5, `cell ${cell}: ${sum}`);
        }
        assert.equal(step.probabilities[4], 1); // the given 5
    });
});

test("steps go on after the model stopped, where they are asked for", () => {
    const steps = trm.sudoku_steps(EASY, 2);
    assert.equal([...steps].length <= 2, true);
    assert.equal(steps.next().done, true);
    const beyond = steps.advance();
    assert.equal(beyond.halted, true);
    assert.ok(beyond.k >= 2);
});

test("solves Sudoku of other sizes, in their own digits", () => {
    for (const [text, answer] of [
        ["1.34.4.22.4.432.", "1234341221434321"],
        ["A.CD\n.D.B\nB.D.\nDCB.", "ABCDCDABBADCDCBA"],
        ["1.34564561.3231.64564.31312645645.12", "123456456123231564564231312645645312"],
    ]) {
        const solution = trm.solve_sudoku(text);
        assert.deepEqual([solution.answer, solution.verified], [answer, true], solution.fault);
    }
    assert.deepEqual(trm.check_sudoku(".".repeat(36), "3x2"), { text: ".".repeat(36), side: 6, boxes: "3x2", notation: "one-based", givens: 0, solutions: 2 });
});

test("solves a maze of any shape", () => {
    const solution = trm.solve_maze(MAZE);
    assert.equal(solution.answer.length, 35);
    const [last] = [...trm.maze_steps(MAZE)].slice(-1);
    assert.deepEqual([last.probabilities.length, last.answer], [35, solution.answer]);
    const check = trm.check_maze(MAZE);
    assert.deepEqual(check, { text: MAZE, height: 5, width: 7, shortest: 22 });
    assert.equal(solution.verified, solution.answer === MAZE.replaceAll(" ", "o").replaceAll("\n", ""));
});

test("solves most small mazes", () => {
    const solved = [...Array(10).keys()].filter((seed) => trm.solve_maze(trm.generate_maze(9, 9, 8, seed)).verified);
    assert.ok(solved.length >= 6, `${solved.length} of 10`);
});

const refused = (call, message, cells) => assert.throws(call, (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
    if (cells) assert.deepEqual(error.cells, cells);
    return true;
});

test("asks for a notation where two can be meant", () => {
    // A shifted grid of hexadecimal digits, without the first and the last.
    const digit = (i) => (i + (Math.floor(i / 16) % 4) * 4 + Math.floor(i / 64)) % 16;
    const text = Array.from({ length: 256 }, (_, i) => (digit(i) % 15 ? digit(i).toString(16) : ".")).join("");
    refused(() => trm.check_sudoku(text), /one-based.*zero-based/);
    for (const notation of ["one-based", "zero-based"]) {
        assert.equal(trm.check_sudoku(text, undefined, notation).notation, notation);
    }
    refused(() => trm.check_sudoku(text, undefined, "hex"), /^"hex" is no notation/);
});

test("a wrong question is refused with the engine's own words", () => {
    refused(() => trm.solve_sudoku("55" + ".".repeat(79)), /^5 stands twice in row 1: row 1, column 1 and row 1/, [[0, 0], [0, 1]]);
    refused(() => trm.solve_sudoku("12"), /^2 cells: a Sudoku has 81/);
    refused(() => trm.solve_sudoku("ü" + ".".repeat(80)), /^line 1, column 1: 'ü' is no cell of a 9x9 Sudoku/);
    refused(() => trm.solve_sudoku(EASY, undefined, "9x1"), /^boxes of 9x1 cells/);
    refused(() => trm.solve_sudoku("12345678.........9" + ".".repeat(63)), /^the Sudoku has no solution$/);
    refused(() => trm.solve_sudoku(EASY, 0), /max_k/);
    refused(() => trm.solve_maze("S#G"), /^no path leads/);
    refused(() => trm.solve_maze("S#\n#G"), /^no path leads from row 1, column 1 to row 2, column 2$/, [[0, 0], [1, 1]]);
    refused(() => trm.solve_maze("SS\nG "), /^'S' stands twice/, [[0, 0], [0, 1]]);
    refused(() => trm.generate_maze(999, 5, 1, 0), /^a maze of 999 x 5 cells/);
});

test("any model file reasons over any numbers of its shape", () => {
    const model = new trm.Model(weights);
    assert.equal(model.puzzle, "sudoku");
    const { embedding_dim, answer_dim } = model.config;
    const [question, answer] = [new Float32Array(729 * embedding_dim).fill(1), new Float32Array(729 * answer_dim)];
    const result = model.reason(question, answer, 3);
    assert.deepEqual([result.iterations_used, result.trace.length, result.answer.length], [3, 3, answer.length]);
    assert.ok(result.answer.every(Number.isFinite));
    assert.equal(model.solve_sudoku(EASY).answer, trm.solve_sudoku(EASY).answer);
    refused(() => model.reason(question.subarray(1), answer, 3), /^question: \d+ numbers, expected/);
    refused(() => model.reason(question.map(() => NaN), answer, 3), /^question: number 0 is NaN$/);
    refused(() => model.reason(question, answer, 0), /k is 0, must be 1 to 65536$/);
    refused(() => model.solve_maze(MAZE), /maze/);
    refused(() => trm.Model.maze().solve_sudoku(EASY), /Sudoku/);
});

test("a model with an answer channel thinks otherwise with another seed", () => {
    const model = trm.Model.sudoku();
    const confidences = (seed) => {
        model.seed = seed;
        assert.equal(model.seed, seed);
        return model.solve_sudoku(HARD).trace.map(({ confidence }) => confidence);
    };
    assert.ok(model.config.answer_channel.noise > 0);
    assert.deepEqual(confidences(0), trm.solve_sudoku(HARD).trace.map(({ confidence }) => confidence));
    assert.deepEqual(confidences(7), confidences(7));
    assert.notDeepEqual(confidences(7), confidences(8));
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) refused(() => (model.seed = seed), /^the seed is .*, must be a whole number/);
});

test("a damaged model file is refused", () => {
    refused(() => new trm.Model(new Uint8Array(0)), /^not a readable model file/);
    refused(() => new trm.Model(weights.subarray(0, 1000)), /^not a readable model file/);
    const damaged = Buffer.from(weights);
    const end = 8 + Number(damaged.readBigUInt64LE());
    const tensors = Object.values(JSON.parse(damaged.subarray(8, end).toString()));
    damaged.writeFloatLE(NaN, end + tensors.find(({ dtype }) => dtype === "F32").data_offsets[0]);
    refused(() => new trm.Model(damaged), /^tensor .* number \d+ is NaN$/);
});

test("the answers are those of the native kernels", { skip: !process.env.TRM_NATIVE_TRACE }, () => {
    const native = JSON.parse(readFileSync(process.env.TRM_NATIVE_TRACE));
    for (const kind of ["sudoku", "maze"]) {
        const { puzzle, steps } = native[kind];
        const ours = [...trm[`${kind}_steps`](puzzle)];
        const apart = steps.slice(0, ours.length).map(({ probabilities }, k) =>
            Math.max(...probabilities.map((p, i) => Math.abs(p - ours[k].probabilities[i]))));
        console.log(kind, "steps", steps.length, ours.length, "apart", apart.map((x) => x.toExponential(1)).join(" "));
        assert.ok(apart[0] <= 1e-5, `step 1: ${apart[0]}`);
    }
});

test("the types are those that TypeScript users need", () => {
    const tsc = here("node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom,esnext.disposable"];
    execFileSync(process.execPath, [tsc, ...options, here("types.mts")], { stdio: "inherit" });
});
