/** Networks in conditions: read into one canonical form, and matched to a client's address. What is no plain address is unknown. */
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** `10.0.0.0/8`, `2001:db8::/32`; an address alone is a network of one. A text that says what is wrong where it is none. */
export function readNetwork(text: string): { readonly network: string } | { readonly problem: string } {
  const [written = '', bits, more] = text.split('/');
  const address = parseAddress(written);
  if (address === null || more !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits)))
    return { problem: `\`${text}\` is no network; write it as 10.0.0.0/8 or 2001:db8::/32` };
  const width = address.kind() === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  if (prefix > width) return { problem: `\`${text}\` has more than ${width} bits` };
  const network = networkOf(address, prefix);
  if (network.toString() !== address.toString())
    return {
      problem: `\`${text}\` has bits beyond its prefix; did you mean \`${network.toString()}/${prefix}\`?`,
    };
  return { network: `${network.toString()}/${prefix}` };
}

/** Of these networks (in canonical form), those that hold an address; null where the address is not known. */
export function networkMatcher(
  networks: readonly string[],
): (address: string | null) => readonly string[] | null {
  const ranges = networks.map((network) => ({ network, range: ipaddr.parseCIDR(network) }));
  return (text) => {
    const address = text === null ? null : parseAddress(text);
    if (address === null) return null;
    return ranges
      .filter(({ range: [base, bits] }) => address.kind() === base.kind() && address.match([base, bits]))
      .map(({ network }) => network);
  };
}

/** Four decimal parts or IPv6, without a zone; an IPv4 address in IPv6's clothes is one of IPv4. The library reads octal and hex as well. */
function parseAddress(text: string): Address | null {
  const plain = text.replace(/%.*$/s, '');
  if (plain.includes('.') && !plain.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(plain)) return null;
  if (!plain.includes('.') && !plain.includes(':')) return null;
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : null;
}

function networkOf(address: Address, prefix: number): Address {
  const bytes = address.toByteArray().map((byte, i) => {
    const kept = Math.max(0, Math.min(8, prefix - i * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return ipaddr.fromByteArray(bytes);
}
