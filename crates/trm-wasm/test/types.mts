// Compiled, never run: what the types promise.
import init, { Model, type PuzzleError, type Solution, type Step, type TrmResult, solve_sudoku, sudoku_steps } from "../pkg/trm_wasm.js";
import { Puzzle, type PuzzleCheck, puzzle_steps } from "../pkg/trm_puzzles.js";

export async function use(text: string, file: ArrayBuffer): Promise<number> {
    await init();
    const solution: Solution = solve_sudoku(text, 16);
    const wrong: string | undefined = solution.fault;
    let sum = 0;
    for (const step of sudoku_steps(text)) {
        const { k, confidence, probabilities, halted }: Step = step;
        sum += k + confidence + probabilities[0]! + Number(halted);
    }
    const model = new Model(new Uint8Array(file));
    const result: TrmResult = model.reason(new Float32Array(2), new Float32Array(1), 4);
    try {
        model.maze_steps("SG");
    } catch (error) {
        sum += (error as PuzzleError).cells?.length ?? 0;
    }
    // @ts-expect-error a puzzle is text
    solve_sudoku(81);
    return sum + result.answer.length + model.config.hidden_dim + (wrong?.length ?? 0);
}

export function own(toml: string): number {
    const puzzle = new Puzzle(toml);
    const { question, columns } = puzzle.generate(1, 0.5);
    const { regions, groups }: PuzzleCheck = puzzle.check(question, columns);
    let sum = groups.length + (regions?.length ?? 0) + (puzzle.width ?? puzzle.n_cells);
    for (const { k } of puzzle_steps(puzzle, question, columns, 16)) sum += k;
    // @ts-expect-error columns are texts
    puzzle.check(question, { regions: 1 });
    return sum;
}
