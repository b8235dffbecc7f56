#!/usr/bin/env bash
# Installs what `cargo xtask wasm` builds with, and writes $WASM_HOME/env.sh. A second run takes no time.
#
# Where rustup has the wasm32 target or can add it, that is used. Where it cannot (only the package registries
# are reached), or with WASM_RUSTUP=no, Debian's rustc-web is unpacked into a private prefix and std is built for
# it once from Debian's source; nothing of rustup's is changed then, and no Debian package is installed.
#
# Exit code 3: this machine can have neither.
#
# Needs cargo; without the target also apt-get and dpkg of Debian bookworm, on x86-64.
#
# - wasm-bindgen-cli must have the version of the crate in Cargo.toml, or it refuses the program.
# - Source env.sh in a subshell and give its builds their own --target-dir: RUSTC is another compiler, and
#   native builds would start anew.
# - rustc-web follows Debian's security updates; versions are read off its candidate. To take a newer one,
#   delete the prefix.
# - Debian's own binaryen (108) breaks such programs without a word: wasm-opt comes from npm.
set -euo pipefail
W=${WASM_HOME:-$HOME/.cache/wasm-toolchain}
J=${JOBS:-$(nproc 2>/dev/null || echo 2)}
T=wasm32-unknown-unknown
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WB=$(sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' "$HERE/Cargo.toml")
P=$W/usr
D=$P/lib/rustlib/$T/lib

cannot() {
  echo "no $T toolchain: rustup cannot add the target, and $1" >&2
  exit 3
}

has_target() {
  [ "${WASM_RUSTUP:-}" != no ] || return 1
  command -v rustup >/dev/null || return 1
  rustup target list --installed | grep -qx $T || rustup target add $T >/dev/null 2>&1
}

unpack_debian() {
  mkdir -p "$W/debs"
  apt-get update -qq
  V=$(apt-cache policy rustc-web | awk '/Candidate:/{print $2}')
  MM=$(echo "$V" | cut -d. -f1,2)
  L=$(apt-cache depends "libstd-rust-web-$MM" | sed -n 's/.*Depends: libllvm//p')
  [ -n "$L" ] || cannot "apt knows no rustc-web"
  ( cd "$W/debs" && rm -f ./*.deb && apt-get -qq -o APT::Sandbox::User=root download "rustc-web=$V" "rust-web-src=$V" \
      "libstd-rust-web-dev=$V" "libstd-rust-web-$MM=$V" "libllvm$L" "lld-$L" )
  for d in "$W"/debs/*.deb; do case $d in
    */rust-web-src_*)
      dpkg-deb --fsys-tarfile "$d" | tar -x -C "$W" --wildcards './usr/src/rustc-*/library/*' './usr/lib/rustlib/src/*' ;;
    *) dpkg -x "$d" "$W" ;;
  esac; done
  mkdir -p "$P/wrap"
  for t in rustc rustdoc; do
    printf '#!/bin/sh\nexport LD_LIBRARY_PATH=%s/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\nexec %s/bin/%s "$@"\n' \
      "$P" "$P" $t > "$P/wrap/$t"
    chmod +x "$P/wrap/$t"
  done
  ln -sf "../bin/wasm-ld-$L" "$P/wrap/wasm-ld"
}

build_std() {
  S=$W/stub
  rm -rf "$S"
  mkdir -p "$S/src"
  echo '#[no_mangle] pub extern "C" fn f() {}' > "$S/src/lib.rs"
  printf '[package]\nname="stub"\nversion="0.0.0"\nedition="2021"\n[workspace]\n[lib]\ncrate-type=["cdylib"]\n' > "$S/Cargo.toml"
  ( cd "$S" && unset CARGO_TARGET_DIR && RUSTC_BOOTSTRAP=1 RUSTC="$P/wrap/rustc" \
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$P/wrap/wasm-ld" \
      cargo build -j"$J" --release -Zbuild-std=std,panic_abort,test --target $T )
  mkdir -p "$D"
  cp "$S"/target/$T/release/deps/*.rlib "$D/"
  rm -rf "$S" "$P"/src "$P"/lib/rustlib/src "$W"/debs
  touch "$D/.done"
}

mkdir -p "$W"
if has_target; then
  : > "$W/env.sh"
else
  if [ ! -e "$D/.done" ]; then
    [ "$(uname -m)" = x86_64 ] && command -v apt-get >/dev/null || cannot "this is no Debian on x86-64"
    unpack_debian
    build_std
  fi
  cat > "$W/env.sh" <<X
export RUSTC=$P/wrap/rustc RUSTDOC=$P/wrap/rustdoc
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$P/wrap/wasm-ld
X
fi
if ! { [ -x "$W/bin/wasm-bindgen" ] && "$W/bin/wasm-bindgen" --version | grep -q " $WB\$"; }; then
  env -u RUSTC cargo install -j"$J" --debug --locked --force --version "$WB" wasm-bindgen-cli --root "$W" --target-dir "$W/wb-target"
  rm -rf "$W/wb-target"
fi
cat >> "$W/env.sh" <<X
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$W/bin/wasm-bindgen-test-runner
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='-C target-feature=+simd128'
export PATH=$W/bin:\$PATH
X
