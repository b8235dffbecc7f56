//! Lists of indices in one buffer.

/// Lists of indices, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Where each list starts, and the last one ends; empty or `[0]` without lists.
    pub(super) starts: Vec<u32>,
    pub(super) items: Vec<u32>,
}

impl Lists {
    /// Number of lists.
    #[inline]
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there is no list.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// List `i`.
    #[inline]
    pub fn of(&self, i: usize) -> &[u32] {
        &self.items[self.starts[i] as usize..self.starts[i + 1] as usize]
    }

    /// Where each of `n` lists from the first on begins in the items, and the last one ends; and all items.
    #[inline]
    pub fn ends(&self, first: usize, n: usize) -> (&[u32], &[u32]) {
        (&self.starts[first..=first + n], &self.items)
    }

    /// Makes it `n` empty lists.
    pub fn reset(&mut self, n: usize) {
        self.items.clear();
        self.starts.clear();
        self.starts.resize(n + 1, 0);
    }

    /// Appends to the list that [`Lists::end`] ends next.
    pub fn extend<'a>(&mut self, items: impl IntoIterator<Item = &'a u32>) {
        self.items.extend(items);
    }

    /// Ends a list, with what was appended since the one before. The lists were [reset](Lists::reset) once.
    pub fn end(&mut self) {
        self.starts.push(self.items.len() as u32);
    }
}
