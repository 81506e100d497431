/** A DNS name or an IP address (without a zone), as it may stand in a configuration or before a port. */
export function isHost(text: string): boolean {
  return /^[A-Za-z0-9._-]+$|^[0-9A-Fa-f:.]+$/.test(text);
}
