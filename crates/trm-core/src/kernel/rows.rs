//! Operations on single rows: sums, norms and gates.

use super::simd::{Real, Simd};

/// Runs `$each` for every whole register at offset `i` below `$n`, and returns where the tail starts.
macro_rules! registers {
    ($s:ty, $n:expr, $i:ident, $each:expr) => {{
        let mut $i = 0;
        while $i + <$s>::LANES <= $n {
            $each;
            $i += <$s>::LANES;
        }
        $i
    }};
}

/// `d += s`
///
/// # Panics
/// Where the lengths differ.
#[inline(always)]
pub fn add<S: Simd>(simd: S, d: &mut [S::Elem], s: &[S::Elem]) {
    axpy(simd, d, s, S::Elem::ONE);
}

/// `d += scale * s`
///
/// # Panics
/// Where the lengths differ.
#[inline(always)]
pub fn axpy<S: Simd>(simd: S, d: &mut [S::Elem], s: &[S::Elem], scale: S::Elem) {
    assert_eq!(d.len(), s.len());
    let n = d.len();
    let factor = simd.splat(scale);
    let (dp, sp) = (d.as_mut_ptr(), s.as_ptr());
    // SAFETY: i + LANES <= n, the length of both.
    let tail = registers!(S, n, i, unsafe {
        simd.store(dp.add(i), simd.mul_add(factor, simd.load(sp.add(i)), simd.load(dp.add(i))));
    });
    for i in tail..n {
        d[i] += scale * s[i];
    }
}

/// The dot product: the sum of `a[i] * b[i]`.
///
/// # Panics
/// Where the lengths differ.
#[inline(always)]
pub fn dot<S: Simd>(simd: S, a: &[S::Elem], b: &[S::Elem]) -> S::Elem {
    assert_eq!(a.len(), b.len());
    let n = a.len();
    let mut sum = simd.splat(S::Elem::ZERO);
    let (ap, bp) = (a.as_ptr(), b.as_ptr());
    // SAFETY: i + LANES <= n, the length of both.
    let tail = registers!(S, n, i, unsafe {
        sum = simd.mul_add(simd.load(ap.add(i)), simd.load(bp.add(i)), sum);
    });
    let mut sum = simd.sum(sum);
    for i in tail..n {
        sum += a[i] * b[i];
    }
    sum
}

/// Adds the sum of the rows of `data` to `sums`.
///
/// # Panics
/// Where `data` does not hold whole rows of the length of `sums`.
#[inline(always)]
pub fn colsum_add<S: Simd>(simd: S, data: &[S::Elem], sums: &mut [S::Elem]) {
    assert!(!sums.is_empty() && data.len() % sums.len() == 0);
    for row in data.chunks_exact(sums.len()) {
        add(simd, sums, row);
    }
}

/// `row <- row / sqrt(mean(row^2) + eps)`; returns the factor `1 / sqrt(..)`.
#[inline(always)]
pub fn rms_norm<S: Simd>(simd: S, row: &mut [S::Elem], eps: S::Elem) -> S::Elem {
    let n = row.len();
    let mean = dot(simd, row, row) / S::Elem::from_f64(n as f64);
    let factor = S::Elem::ONE / (mean + eps).sqrt();
    let wide = simd.splat(factor);
    let p = row.as_mut_ptr();
    // SAFETY: i + LANES <= n, its length.
    let tail = registers!(S, n, i, unsafe {
        simd.store(p.add(i), simd.mul(wide, simd.load(p.add(i))));
    });
    for x in &mut row[tail..] {
        *x = *x * factor;
    }
    factor
}

/// The backward pass of [`rms_norm`], in place: `d <- factor * (d - out * mean(d * out))`.
///
/// # Panics
/// Where the lengths differ.
#[inline(always)]
pub fn rms_norm_backward<S: Simd>(simd: S, d: &mut [S::Elem], out: &[S::Elem], factor: S::Elem) {
    let n = d.len();
    let mean = dot(simd, d, out) / S::Elem::from_f64(n as f64);
    let (wide, minus) = (simd.splat(factor), simd.splat(-mean));
    let (dp, op) = (d.as_mut_ptr(), out.as_ptr());
    // SAFETY: i + LANES <= n, the length of both (checked by `dot`).
    let tail = registers!(S, n, i, unsafe {
        let t = simd.mul_add(minus, simd.load(op.add(i)), simd.load(dp.add(i)));
        simd.store(dp.add(i), simd.mul(wide, t));
    });
    for i in tail..n {
        d[i] = factor * (d[i] - out[i] * mean);
    }
}

/// `act = silu(gate) * up`, where `pre` holds `gate` and then `up`.
///
/// # Panics
/// Where `pre` is not twice as long as `act`.
#[inline(always)]
pub fn swiglu<S: Simd>(simd: S, pre: &[S::Elem], act: &mut [S::Elem]) {
    let n = act.len();
    assert_eq!(pre.len(), 2 * n);
    let (gate, up) = pre.split_at(n);
    let (gp, up_p, ap) = (gate.as_ptr(), up.as_ptr(), act.as_mut_ptr());
    // SAFETY: i + LANES <= n, the length of all three.
    let tail = registers!(S, n, i, unsafe {
        let g = simd.load(gp.add(i));
        let silu = simd.mul(g, simd.sigmoid(g));
        simd.store(ap.add(i), simd.mul(silu, simd.load(up_p.add(i))));
    });
    for i in tail..n {
        let sigmoid = S::Elem::ONE / (S::Elem::ONE + (-gate[i]).exp());
        act[i] = gate[i] * sigmoid * up[i];
    }
}

/// The backward pass of [`swiglu`]: recomputes `act`, and writes the gradient of `pre` to `d_pre`.
///
/// # Panics
/// Where `pre` and `d_pre` are not twice as long as `act` and `d_act`.
#[inline(always)]
pub fn swiglu_backward<S: Simd>(
    simd: S,
    pre: &[S::Elem],
    d_act: &[S::Elem],
    act: &mut [S::Elem],
    d_pre: &mut [S::Elem],
) {
    let n = act.len();
    assert!(pre.len() == 2 * n && d_pre.len() == 2 * n && d_act.len() == n);
    let (gate, up) = pre.split_at(n);
    let (d_gate, d_up) = d_pre.split_at_mut(n);
    let one = simd.splat(S::Elem::ONE);
    // SAFETY: i + LANES <= n, the length of all six.
    let tail = registers!(S, n, i, unsafe {
        let (g, u) = (simd.load(gate.as_ptr().add(i)), simd.load(up.as_ptr().add(i)));
        let d = simd.load(d_act.as_ptr().add(i));
        let sigmoid = simd.sigmoid(g);
        let silu = simd.mul(g, sigmoid);
        simd.store(act.as_mut_ptr().add(i), simd.mul(silu, u));
        simd.store(d_up.as_mut_ptr().add(i), simd.mul(d, silu));
        let slope = simd.mul_add(silu, simd.sub(one, sigmoid), sigmoid);
        simd.store(d_gate.as_mut_ptr().add(i), simd.mul(simd.mul(d, u), slope));
    });
    for i in tail..n {
        let sigmoid = S::Elem::ONE / (S::Elem::ONE + (-gate[i]).exp());
        let silu = gate[i] * sigmoid;
        act[i] = silu * up[i];
        d_up[i] = d_act[i] * silu;
        d_gate[i] = d_act[i] * up[i] * (sigmoid + silu * (S::Elem::ONE - sigmoid));
    }
}

/// `out = scale * (rows[idx[0]] + rows[idx[1]] + ..)`, with rows as long as `out`.
///
/// # Panics
/// Where an index lies outside `rows`.
#[inline(always)]
pub fn gather_sum<S: Simd>(simd: S, rows: &[S::Elem], idx: &[u32], scale: S::Elem, out: &mut [S::Elem]) {
    let n = out.len();
    for &i in idx {
        let end = (u64::from(i) + 1).checked_mul(n as u64);
        assert!(end.is_some_and(|end| end <= rows.len() as u64), "row {i} of {} / {n}", rows.len());
    }
    let factor = simd.splat(scale);
    let (rp, op) = (rows.as_ptr(), out.as_mut_ptr());
    let mut at = 0;
    /// Runs of `$nv` registers, while that many columns are left.
    macro_rules! runs {
        ($nv:literal) => {
            while at + $nv * S::LANES <= n {
                gather_registers::<S, $nv>(simd, rp.wrapping_add(at), idx, n, factor, op.add(at));
                at += $nv * S::LANES;
            }
        };
    }
    // SAFETY: `$nv` registers from `at` on end at or before n, and each row was checked above; without an
    // index `rows` is never read and may be empty.
    unsafe {
        runs!(4);
        runs!(2);
        runs!(1);
    }
    for at in at..n {
        let mut sum = S::Elem::ZERO;
        for &i in idx {
            sum += rows[i as usize * n + at];
        }
        out[at] = scale * sum;
    }
}

/// `NV` registers of [`gather_sum`].
///
/// # Safety
/// The pointers must reach `NV` registers, `rows` at every index times `width`.
#[inline(always)]
unsafe fn gather_registers<S: Simd, const NV: usize>(
    simd: S,
    rows: *const S::Elem,
    idx: &[u32],
    width: usize,
    factor: S::V,
    out: *mut S::Elem,
) {
    let mut sums = [simd.splat(S::Elem::ZERO); NV];
    // SAFETY: the caller's promise.
    unsafe {
        for &i in idx {
            let row = rows.add(i as usize * width);
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = simd.add(*sum, simd.load(row.add(v * S::LANES)));
            }
        }
        for (v, sum) in sums.iter().enumerate() {
            // Adding zero turns -0 into 0.
            let product = simd.mul_add(factor, *sum, simd.splat(S::Elem::ZERO));
            simd.store(out.add(v * S::LANES), product);
        }
    }
}
