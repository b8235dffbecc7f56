//! Rounds the models that are embedded to half precision: they are most of what a browser has to load.

use anyhow::{Context, Result, ensure};
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::path::Path;

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR")?;
    for (name, bytes) in [("sudoku", trm_models::sudoku_bytes()), ("maze", trm_models::maze_bytes())] {
        let halved = halve(bytes).context(name)?;
        std::fs::write(Path::new(&out).join(format!("{name}.safetensors")), halved)?;
    }
    Ok(())
}

/// The same model file with its `F32` tensors as `F16`.
fn halve(bytes: &[u8]) -> Result<Vec<u8>> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let tensors = SafeTensors::deserialize(bytes)?;
    let mut halved = Vec::new();
    for (name, view) in tensors.iter() {
        let (dtype, data) = match view.dtype() {
            Dtype::F32 => {
                let words = view.data().chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]));
                let halves: Vec<f16> = words.map(f16::from_f32).collect();
                ensure!(
                    halves.iter().all(|x| x.is_finite()),
                    "{name} has a number too large for half precision"
                );
                (Dtype::F16, halves.iter().flat_map(|x| x.to_le_bytes()).collect())
            }
            other => (other, view.data().to_vec()),
        };
        halved.push((name.to_owned(), dtype, view.shape().to_vec(), data));
    }
    let views = halved.iter().map(|(name, dtype, shape, data): &(String, Dtype, Vec<usize>, Vec<u8>)| {
        Ok((name, TensorView::new(*dtype, shape.clone(), data)?))
    });
    Ok(safetensors::serialize(views.collect::<Result<Vec<_>>>()?, header.metadata().clone())?)
}
