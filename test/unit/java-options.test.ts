import { describe, expect, test } from 'vitest';
import { withTruststore } from '../../src/trust/java-options.js';

const STORE = '/home/ann/.cache/generate-certs/ca-bundle-1-0123456789abcdef-0123456789abcdef.p12';
const OTHERS = '-Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=changeit';

describe('JAVA_TOOL_OPTIONS with a truststore', () => {
  test.each([[undefined], [''], ['  ']])('where it was %j', (before) => {
    expect(withTruststore(before, STORE)).toBe(`-Djavax.net.ssl.trustStore=${STORE} ${OTHERS}`);
  });

  test.each([
    ['-Xmx64m'],
    ['-Xmx64m "-Da=b c"'],
    ["-Djavax.net.ssl.trustStore='/my own/store.p12' -Djavax.net.ssl.trustStorePassword=secret -Dx=1"],
  ])('keeps %s before it', (before) => {
    const added = `${before} -Djavax.net.ssl.trustStore=${STORE} ${OTHERS}`;
    expect(withTruststore(before, STORE)).toBe(added);
  });

  test.each([[STORE], [`/with space/${STORE}`], [`/it's "here"/${STORE}`]])(
    'takes the place of one that it added before, at %s',
    (path) => {
      const before = `-Djavax.net.ssl.trustStore=/mine.p12 -Dx=1`;
      const once = withTruststore(before, path);
      expect(once).not.toBe(before);
      expect(withTruststore(once, path)).toBe(once);
      expect(withTruststore(`${once} -Dy=2`, STORE)).toBe(withTruststore(`${before} -Dy=2`, STORE));
    },
  );
});
