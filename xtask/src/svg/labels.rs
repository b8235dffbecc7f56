//! Where the labels of points stand.

/// Width of a character.
pub const CHARACTER: f64 = 6.7;
/// Height of a line of text, and its distance from the point.
const LINE: f64 = 15.0;
const DISTANCE: f64 = 9.0;
/// How far a label moves at a time, up or down, and how often it may.
const SHIFT: f64 = 4.0;
const N_SHIFTS: u32 = 60;

/// Left, right, upper and lower edge.
pub type Edges = [f64; 4];

/// Where a label starts, or ends where `ends` is true; `y` is the middle of its line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
    pub ends: bool,
}

/// A place for a label of so many characters beside each point: to the right, else to the left, and moved up or down
/// until it covers nothing that is taken and no label before it.
pub fn places(points: &[(f64, f64, usize)], mut taken: Vec<Edges>) -> Vec<Place> {
    let mut places = Vec::new();
    for (x, y, n) in points.iter().copied() {
        let width = CHARACTER * n as f64;
        let edges = |place: &Place| {
            let left = if place.ends { place.x - width } else { place.x };
            [left, left + width, place.y - LINE / 2.0, place.y + LINE / 2.0]
        };
        let beside = |y| [(DISTANCE, false), (-DISTANCE, true)].map(|(d, ends)| Place { x: x + d, y, ends });
        let up_and_down =
            (0..N_SHIFTS).map(|i| SHIFT * f64::from(i.div_ceil(2)) * if i % 2 == 0 { 1.0 } else { -1.0 });
        let mut tries = up_and_down.flat_map(|shift| beside(y + shift));
        let is_free = |place: &Place| taken.iter().all(|other| !overlap(&edges(place), other));
        let place = tries.find(is_free).unwrap_or(beside(y)[0]);
        taken.push(edges(&place));
        places.push(place);
    }
    places
}

/// Whether two boxes have a place in common.
fn overlap(a: &Edges, b: &Edges) -> bool {
    a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cover_neither_points_nor_each_other() {
        // Six points one above the other, closer than lines of text.
        let points: Vec<(f64, f64, usize)> = (0..6).map(|i| (200.0, 100.0 + 3.0 * f64::from(i), 7)).collect();
        let marks: Vec<Edges> = points.iter().map(|(x, y, _)| [x - 4.0, x + 4.0, y - 4.0, y + 4.0]).collect();
        let found = places(&points, marks);
        assert_eq!(found[0], Place { x: 209.0, y: 100.0, ends: false });
        assert_eq!(found[1], Place { x: 191.0, y: 103.0, ends: true });
        for (i, a) in found.iter().enumerate() {
            let same_side = found[..i].iter().filter(|b| b.ends == a.ends);
            assert!(same_side.into_iter().all(|b| (a.y - b.y).abs() >= LINE), "{found:?}");
        }
    }

    #[test]
    fn an_edge_is_kept_to() {
        let right_of_it = [230.0, f64::INFINITY, 0.0, 400.0];
        let found = places(&[(200.0, 100.0, 7)], vec![right_of_it]);
        assert_eq!(found, [Place { x: 191.0, y: 100.0, ends: true }]);
    }
}
