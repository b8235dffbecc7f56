//! Operations on whole columns of a row-major matrix (the RMS norm over positions), and softmax.

use super::rows::dot;
use super::simd::{MAX_LANES, Real, Simd};

/// Runs `$each` for every whole register at offset `i` below `$n`, and once more for the tail; `part` is
/// how many numbers [`get`] and [`put`] move.
macro_rules! lanes {
    ($n:expr, |$i:ident, $part:ident| $each:block) => {{
        let mut $i = 0;
        while $i + S::LANES <= $n {
            let $part = S::LANES;
            $each
            $i += S::LANES;
        }
        if $i < $n {
            let $part = $n - $i;
            $each
        }
    }};
}

/// Reads `part` numbers; the other lanes are 0.
///
/// # Safety
/// `p` must be valid for as many reads.
#[inline(always)]
unsafe fn get<S: Simd>(s: S, p: *const S::Elem, part: usize) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { if part == S::LANES { s.load(p) } else { s.load_first(p, part) } }
}

/// Writes `part` numbers.
///
/// # Safety
/// `p` must be valid for as many writes.
#[inline(always)]
unsafe fn put<S: Simd>(s: S, p: *mut S::Elem, v: S::V, part: usize) {
    // SAFETY: the caller's promise.
    unsafe { if part == S::LANES { s.store(p, v) } else { s.store_first(p, v, part) } }
}

/// `column <- column / sqrt(mean(column^2) + eps)` for each column; writes the factors `1 / sqrt(..)`, one per
/// column, to `factors`.
///
/// # Panics
/// Where `data` does not hold whole rows of the length of `factors`.
#[inline(always)]
pub fn rms_norm_columns<S: Simd>(s: S, data: &mut [S::Elem], factors: &mut [S::Elem], eps: S::Elem) {
    let n = factors.len();
    assert!(n > 0 && data.len().is_multiple_of(n));
    let rows = S::Elem::from_f64((data.len() / n) as f64);
    factors.fill(S::Elem::ZERO);
    let fp = factors.as_mut_ptr();
    for row in data.chunks_exact(n) {
        let rp = row.as_ptr();
        // SAFETY: the offsets stay below n, the length of both.
        unsafe {
            lanes!(n, |i, part| {
                let x = get(s, rp.add(i), part);
                put(s, fp.add(i), s.mul_add(x, x, get(s, fp.add(i), part)), part);
            });
        }
    }
    for f in factors.iter_mut() {
        *f = S::Elem::ONE / (*f / rows + eps).sqrt();
    }
    let fp = factors.as_ptr();
    for row in data.chunks_exact_mut(n) {
        let rp = row.as_mut_ptr();
        // SAFETY: the offsets stay below n, the length of both.
        unsafe {
            lanes!(n, |i, part| {
                put(s, rp.add(i), s.mul(get(s, rp.add(i), part), get(s, fp.add(i), part)), part);
            });
        }
    }
}

/// The backward pass of [`rms_norm_columns`], in place: `d <- factor * (d - out * mean(d * out))`, with the
/// mean over the column. `means` is a buffer as long as `factors`.
///
/// # Panics
/// Where the lengths do not fit.
#[inline(always)]
pub fn rms_norm_columns_backward<S: Simd>(
    s: S,
    d: &mut [S::Elem],
    out: &[S::Elem],
    factors: &[S::Elem],
    means: &mut [S::Elem],
) {
    let n = factors.len();
    assert!(n > 0 && d.len().is_multiple_of(n) && d.len() == out.len() && means.len() == n);
    let minus = S::Elem::ZERO - S::Elem::ONE / S::Elem::from_f64((d.len() / n) as f64);
    means.fill(S::Elem::ZERO);
    let (mp, fp) = (means.as_mut_ptr(), factors.as_ptr());
    for (d, out) in d.chunks_exact(n).zip(out.chunks_exact(n)) {
        let (dp, op) = (d.as_ptr(), out.as_ptr());
        // SAFETY: the offsets stay below n, the length of all three.
        unsafe {
            lanes!(n, |i, part| {
                put(
                    s,
                    mp.add(i),
                    s.mul_add(get(s, dp.add(i), part), get(s, op.add(i), part), get(s, mp.add(i), part)),
                    part,
                );
            });
        }
    }
    means.iter_mut().for_each(|m| *m = *m * minus);
    let mp = means.as_ptr();
    for (d, out) in d.chunks_exact_mut(n).zip(out.chunks_exact(n)) {
        let (dp, op) = (d.as_mut_ptr(), out.as_ptr());
        // SAFETY: the offsets stay below n, the length of all four.
        unsafe {
            lanes!(n, |i, part| {
                let t = s.mul_add(get(s, mp.add(i), part), get(s, op.add(i), part), get(s, dp.add(i), part));
                put(s, dp.add(i), s.mul(t, get(s, fp.add(i), part)), part);
            });
        }
    }
}

/// `row <- exp(row) / sum(exp(row))`; returns the log-sum-exp `ln(sum(exp(row)))`.
///
/// # Panics
/// Where the row is empty.
#[inline(always)]
pub fn softmax<S: Simd>(s: S, row: &mut [S::Elem]) -> S::Elem {
    let max = max(s, row);
    let sum = exp_minus(s, row, max);
    let (n, wide) = (row.len(), s.splat(S::Elem::ONE / sum));
    let p = row.as_mut_ptr();
    // SAFETY: the offsets stay below n, its length.
    unsafe {
        lanes!(n, |i, part| {
            put(s, p.add(i), s.mul(wide, get(s, p.add(i), part)), part);
        });
    }
    max + sum.ln()
}

/// `row <- exp(row - x)`; returns the sum.
#[inline(always)]
pub fn exp_minus<S: Simd>(s: S, row: &mut [S::Elem], x: S::Elem) -> S::Elem {
    let (n, wide) = (row.len(), s.splat(x));
    let mut sum = s.splat(S::Elem::ZERO);
    let p = row.as_mut_ptr();
    let whole = n - n % S::LANES;
    for i in (0..whole).step_by(S::LANES) {
        // SAFETY: i + LANES <= n, its length.
        unsafe {
            let e = s.exp(s.sub(s.load(p.add(i)), wide));
            s.store(p.add(i), e);
            sum = s.add(sum, e);
        }
    }
    let mut sum = s.sum(sum);
    if whole < n {
        // SAFETY: n - whole numbers are left, fewer than a register.
        unsafe {
            let e = s.exp(s.sub(s.load_first(p.add(whole), n - whole), wide));
            s.store_first(p.add(whole), e, n - whole);
        }
        row[whole..].iter().for_each(|e| sum += *e);
    }
    sum
}

#[inline(always)]
fn max<S: Simd>(s: S, row: &[S::Elem]) -> S::Elem {
    assert!(!row.is_empty());
    let mut max = row[0];
    let whole = row.len() - row.len() % S::LANES;
    if whole > 0 {
        let mut lanes = [row[0]; MAX_LANES];
        // SAFETY: i + LANES <= whole, at most its length; a register fits in `lanes`.
        unsafe {
            let mut wide = s.load(row.as_ptr());
            for i in (S::LANES..whole).step_by(S::LANES) {
                wide = s.max(wide, s.load(row.as_ptr().add(i)));
            }
            s.store(lanes.as_mut_ptr(), wide);
        }
        max = lanes[..S::LANES].iter().fold(max, |m, x| if *x > m { *x } else { m });
    }
    row[whole..].iter().fold(max, |m, x| if *x > m { *x } else { m })
}

/// The backward pass of [`softmax`], in place: `d <- p * (d - sum(d * p))`.
///
/// # Panics
/// Where the lengths differ.
#[inline(always)]
pub fn softmax_backward<S: Simd>(s: S, p: &[S::Elem], d: &mut [S::Elem]) {
    let minus = s.splat(S::Elem::ZERO - dot(s, p, d));
    let (n, dp, pp) = (d.len(), d.as_mut_ptr(), p.as_ptr());
    // SAFETY: the offsets stay below n, the length of both (checked by `dot`).
    unsafe {
        lanes!(n, |i, part| {
            put(s, dp.add(i), s.mul(get(s, pp.add(i), part), s.add(get(s, dp.add(i), part), minus)), part);
        });
    }
}
