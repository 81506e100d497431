// What the probes of an endpoint tell: the cases and reasons that are theirs, and the words for them.

/** In what a case differs from the usual one; `Tried` is what a case is. */
export type Way<Tried> =
  /** The name in the ClientHello; `null` for none. */
  | { readonly kind: 'server-name'; readonly name: string | null }
  /** What is offered in TLS (RFC 7301); `null` for nothing. */
  | { readonly kind: 'alpn'; readonly name: string | null }
  /** A TLS session of an earlier connection is resumed; `null` for one that was opened without a certificate. */
  | { readonly kind: 'session'; readonly of: Tried | null }
  /** The request has headers by which proxies tell a backend who called. */
  | { readonly kind: 'forged-headers' };

/** What no client should be able to agree on with an endpoint. */
export type Outdated = 'TLS 1.1' | 'TLS 1.0' | 'null ciphers' | 'anonymous ciphers' | 'export ciphers';

/** A case in another way than the usual one. */
type Approached<Tried> = {
  readonly kind: 'approach';
  readonly with: Tried;
  readonly way: Way<Tried>;
};

export type ProbeSubject =
  | { readonly kind: 'outdated'; readonly what: Outdated }
  /** The CAs that the endpoint names where it asks for a certificate. */
  | { readonly kind: 'authorities' }
  | { readonly kind: 'http3' };

export type ProbeNote =
  | {
      readonly kind:
        | 'let-in-by-name'
        | 'let-in-by-alpn'
        | 'another-site'
        | 'perhaps-another-site'
        | 'answers-other-protocol'
        | 'headers-shown'
        | 'session-without-certificate'
        | 'session-without-client'
        | 'other-over-protocol'
        | 'revoked-not-refused'
        | 'revoke-check-unlisted'
        | 'refuses-all-after'
        | 'session-of-revoked'
        | 'outdated'
        | 'authorities-unread'
        | 'not-asked'
        | 'http3';
    }
  | { readonly kind: 'headers-believed'; readonly headers: readonly string[] }
  | { readonly kind: 'other-authorities'; readonly names: readonly string[]; readonly more: number };

/** What a probe tried. */
export function probeSubjectText<Tried>(
  tried: ProbeSubject | Approached<Tried>,
  subjectText: (tried: Tried) => string,
): string {
  switch (tried.kind) {
    case 'approach':
      return `${subjectText(callerOf(tried))}, ${wayText(tried.way)}`;
    case 'outdated':
      return tried.what;
    case 'authorities':
      return 'CAs that are asked for';
    case 'http3':
      return 'HTTP/3';
  }
}

/** Who resumes a session is the client that opened it: that it shows no certificate is what resuming means. */
function callerOf<Tried>(tried: Approached<Tried>): Tried {
  return tried.way.kind === 'session' ? (tried.way.of ?? tried.with) : tried.with;
}

const ALPN_NAMES: Readonly<Record<string, string>> = { h2: 'HTTP/2', 'http/1.1': 'HTTP/1.1' };

function wayText(way: Way<unknown>): string {
  switch (way.kind) {
    case 'server-name':
      return way.name === null ? 'no server name' : `server name ${way.name}`;
    case 'alpn':
      return way.name === null ? 'no ALPN' : `over ${ALPN_NAMES[way.name] ?? way.name}`;
    case 'session':
      return 'session resumed';
    case 'forged-headers':
      return 'forged headers';
  }
}

const NOTES: Readonly<Record<Exclude<ProbeNote['kind'], 'headers-believed' | 'other-authorities'>, string>> =
  {
    'let-in-by-name': 'anybody gets in by it: it asks for a certificate for some server names alone',
    'let-in-by-alpn': 'anybody gets in by it: it requires no certificate for this protocol',
    'another-site': 'what answers is not what the valid client is let in to',
    'perhaps-another-site':
      'something answers without a certificate; whether it is what the valid client is let in to cannot be told',
    'answers-other-protocol': 'something answers without a certificate, in another protocol',
    'headers-shown': 'its answer shows every header that it is sent: whether it believes them cannot be told',
    'session-without-certificate':
      'the session stands for the certificate until it ends: revoking the client does not end it',
    'session-without-client': 'anybody gets in by it: the session was opened without a certificate',
    'other-over-protocol': 'the valid client is answered otherwise over this protocol',
    'revoked-not-refused':
      'the revoked client is still let in: the endpoint did not read its new revocation list in time',
    'revoke-check-unlisted':
      'the client that was made for it is not let in: does the endpoint have a list of names?',
    'refuses-all-after':
      'once the list was written anew, the endpoint refuses the valid client as well: its log says why',
    'session-of-revoked': 'the client is revoked and refused, and its session still gets in',
    outdated: 'it accepts what RFC 8996 and RFC 9325 end',
    'authorities-unread': 'what it asks for could not be read',
    'not-asked': 'it asks for no certificate in the handshake',
    http3: 'it offers HTTP/3, which is not tried',
  };

/** Why a probe judged so. */
export function probeNoteText(note: ProbeNote): string {
  switch (note.kind) {
    case 'headers-believed':
      return `it believes what a caller writes of itself: ${note.headers.join(', ')}`;
    case 'other-authorities': {
      const more = note.more > 0 ? ` and ${note.more} more` : '';
      return `it asks for clients of other CAs as well: ${note.names.join('; ')}${more}`;
    }
    default:
      return NOTES[note.kind];
  }
}
