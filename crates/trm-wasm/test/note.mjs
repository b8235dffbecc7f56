// Model files that carry a puzzle file.

/** The same model file with a note more. */
export function withNote(bytes, name, text) {
    const end = 8 + Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, end));
    header.__metadata__[`note.${name}`] = text;
    const json = Buffer.from(JSON.stringify(header));
    const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, " ")]);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(padded.length));
    return Buffer.concat([length, padded, bytes.subarray(end)]);
}
