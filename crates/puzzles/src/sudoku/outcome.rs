//! Where a search stops, and what it found: shared by both solvers.

/// Where a search stops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Solutions to count.
    pub(super) max_solutions: usize,
    /// Solutions to keep.
    pub(super) max_kept: usize,
    pub(super) max_guesses: u64,
}

impl Limits {
    /// All of up to `n` solutions, with as many guesses as they need.
    pub(super) fn solutions(n: usize) -> Self {
        Self { max_solutions: n, max_kept: n, max_guesses: u64::MAX }
    }
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Outcome<S> {
    pub(super) n_solutions: usize,
    pub(super) solutions: Vec<S>,
    pub(super) guesses: u64,
    pub(super) limit_reached: bool,
}

impl<S> Outcome<S> {
    pub(super) fn new() -> Self {
        Self { n_solutions: 0, solutions: Vec::new(), guesses: 0, limit_reached: false }
    }

    /// Counts a solution; returns whether to go on.
    pub(super) fn record(&mut self, limits: Limits, solution: impl FnOnce() -> S) -> bool {
        self.n_solutions += 1;
        if self.solutions.len() < limits.max_kept {
            self.solutions.push(solution());
        }
        self.n_solutions < limits.max_solutions
    }

    /// Counts a guess; returns whether it is allowed.
    pub(super) fn guess(&mut self, limits: Limits) -> bool {
        self.limit_reached = self.guesses >= limits.max_guesses;
        self.guesses += u64::from(!self.limit_reached);
        !self.limit_reached
    }
}
