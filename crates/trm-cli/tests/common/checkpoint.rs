//! Checkpoints of the official code, changed and in the forms that training code writes.

// Each test uses its part of this.
#![allow(dead_code)]

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;

/// A tensor with its name.
#[derive(Clone)]
pub struct Tensor {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Tensor {
    pub fn named(&self, name: impl Into<String>) -> Self {
        Tensor { name: name.into(), ..self.clone() }
    }

    /// The same numbers in another type.
    pub fn to(&self, dtype: Dtype) -> Self {
        let floats = self.bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]));
        let bytes = match dtype {
            Dtype::F64 => floats.flat_map(|x| f64::from(x).to_le_bytes()).collect(),
            Dtype::F16 => floats.flat_map(|x| half::f16::from_f32(x).to_le_bytes()).collect(),
            Dtype::BF16 => floats.flat_map(|x| half::bf16::from_f32(x).to_le_bytes()).collect(),
            _ => self.bytes.clone(),
        };
        Tensor { dtype, bytes, ..self.clone() }
    }
}

/// The tensors of the narrow reference model of mazes, and its configuration.
pub fn official() -> (Vec<Tensor>, String) {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../trm-core/tests/golden/attention_maze12");
    let bytes = std::fs::read(format!("{golden}.weights.safetensors")).expect("a golden file");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("sound");
    let config = header.metadata().as_ref().expect("metadata")["config"].clone();
    let tensors = SafeTensors::deserialize(&bytes).expect("sound");
    let tensor = |(name, view): (&str, TensorView)| Tensor {
        name: name.to_owned(),
        dtype: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    let mut tensors: Vec<Tensor> = tensors.iter().map(tensor).collect();
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    (tensors, config)
}

pub fn safetensors(tensors: &[Tensor], metadata: &[(&str, &str)]) -> Vec<u8> {
    let view =
        |t: &Tensor| TensorView::new(t.dtype, t.shape.clone(), &t.bytes).expect("sound").data().to_vec();
    let bytes: Vec<Vec<u8>> = tensors.iter().map(view).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|(t, bytes)| (t.name.clone(), TensorView::new(t.dtype, t.shape.clone(), bytes).expect("sound")));
    let metadata: HashMap<String, String> =
        metadata.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    safetensors::serialize(views.collect::<Vec<_>>(), Some(metadata)).expect("sound")
}

/// What `torch.save` writes of a state dict, below the keys of `nested`.
pub fn torch(tensors: &[Tensor], nested: &[&str]) -> Vec<u8> {
    let mut pickle = Pickle(vec![0x80, 2]);
    nested.iter().for_each(|key| pickle.dict().text(key));
    pickle.dict();
    for (i, tensor) in tensors.iter().enumerate() {
        pickle.text(&tensor.name);
        pickle.tensor(i, tensor);
    }
    pickle.0.push(b'u');
    nested.iter().for_each(|_| pickle.0.push(b'u'));
    pickle.0.push(b'.');
    let mut files = vec![("data.pkl".to_owned(), pickle.0), ("byteorder".into(), b"little".to_vec())];
    let storages = tensors.iter().enumerate().map(|(i, tensor)| (format!("data/{i}"), tensor.bytes.clone()));
    files.extend(storages);
    files.push(("version".into(), b"3\n".to_vec()));
    zip(&files)
}

/// A pickle that calls a program when Python loads it.
pub fn hostile(program: &str) -> Vec<u8> {
    let mut pickle = Pickle(vec![0x80, 2]);
    pickle.dict().text("weights");
    pickle.0.extend(b"cos\nsystem\n(");
    pickle.text(program);
    pickle.0.extend(b"tRu.");
    zip(&[("data.pkl".to_owned(), pickle.0), ("byteorder".into(), b"little".to_vec())])
}

struct Pickle(Vec<u8>);

impl Pickle {
    fn dict(&mut self) -> &mut Self {
        self.0.extend(b"}(");
        self
    }

    fn text(&mut self, text: &str) {
        self.0.push(b'X');
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    fn number(&mut self, n: usize) {
        self.0.push(b'J');
        self.0.extend((n as u32).to_le_bytes());
    }

    fn tuple(&mut self, numbers: &[usize]) {
        self.0.push(b'(');
        numbers.iter().for_each(|n| self.number(*n));
        self.0.push(b't');
    }

    fn tensor(&mut self, key: usize, tensor: &Tensor) {
        let storage = match tensor.dtype {
            Dtype::F64 => "DoubleStorage",
            Dtype::F16 => "HalfStorage",
            Dtype::BF16 => "BFloat16Storage",
            _ => "FloatStorage",
        };
        let n: usize = tensor.shape.iter().product();
        self.0.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        self.text("storage");
        self.0.extend(format!("ctorch\n{storage}\n").as_bytes());
        self.text(&key.to_string());
        self.text("cpu");
        self.number(n);
        self.0.extend(b"tQ");
        self.number(0);
        self.tuple(&tensor.shape);
        let stride = |i: usize| tensor.shape[i + 1..].iter().product();
        self.tuple(&(0..tensor.shape.len()).map(stride).collect::<Vec<usize>>());
        self.0.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
}

/// An archive of stored files.
pub fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let name = format!("step_1/{name}");
        let (offset, size) = (archive.len() as u32, content.len() as u32);
        let mut common = Vec::new();
        // Version, flags, method, time, date; checksum and sizes; lengths of name and extra field.
        common.extend([20u16, 0, 0, 0, 33].iter().flat_map(|n| n.to_le_bytes()));
        common.extend([crc32fast::hash(content), size, size].iter().flat_map(|n| n.to_le_bytes()));
        common.extend([name.len() as u16, 0].iter().flat_map(|n| n.to_le_bytes()));
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(content);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0u8; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, n) = (archive.len() as u32, files.len() as u16);
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([n, n].iter().flat_map(|n| n.to_le_bytes()));
    archive.extend([directory.len() as u32, start].iter().flat_map(|n| n.to_le_bytes()));
    archive.extend([0u8; 2]);
    archive
}
