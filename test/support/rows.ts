import type { Row } from '../../src/index.js';

/** A row that is right, but for what a test says of it. */
export const rowWith = (more: Partial<Row>): Row => ({
  subject: 'localhost:9178',
  protocol: 'grpc',
  name: 'no certificate',
  tls: null,
  severity: 'must',
  kind: 'refused',
  expected: 'refused',
  observed: 'refused',
  by: '',
  verdict: 'right',
  note: '',
  milliseconds: 5,
  ...more,
});

/** Names that would break a page which does not escape them, or spill out of it. */
export const HOSTILE_NAMES = [
  '<script>document.title = "broken"</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '</style><style>body{display:none}',
  '&lt;b&gt; &amp; ]]> --> <!--',
  '\u202Egnp.exe\u202C \u0000\u0007\u001b[31m',
  'x'.repeat(1500),
  'مرحبا بالعالم שלום',
];
