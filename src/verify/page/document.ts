import { Html, html } from './html.js';
import { STYLE } from './style.js';

/**
 * A page that is complete in itself. Its policy lets nothing run and nothing load, even where a text were not
 * escaped.
 */
export function htmlDocument(title: string, body: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return page.markup;
}
