// Numbers in network order, and the two checksums.

export const be16 = (n) => [(n >>> 8) & 255, n & 255];
export const be32 = (n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
export const get16 = (b, at) => (b[at] << 8) | b[at + 1];
export const get32 = (b, at) => ((get16(b, at) << 16) | get16(b, at + 2)) >>> 0;

const FCS_TABLE = Uint16Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x8408 : value >>> 1;
  return value;
});
export const GOOD_FCS = 0xf0b8; // over a frame with its checksum

/** PPP's frame check sequence (RFC 1662). */
export function fcs16(bytes) {
  let fcs = 0xffff;
  for (const byte of bytes) fcs = (fcs >>> 8) ^ FCS_TABLE[(fcs ^ byte) & 255];
  return fcs;
}

/** The Internet checksum (RFC 1071) over an even header and whatever follows. */
export function checksum(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum >>> 16) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
