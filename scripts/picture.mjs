// Draws the README's picture: runs the commands below in an empty folder, beside a server that requires client
// certificates, and writes what a terminal would show as docs/images/terminal.svg, or to the path that is given.
//
//   npm run build && node scripts/picture.mjs
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../bin/generate-certs.js', import.meta.url));
const PICTURE = fileURLToPath(new URL('../docs/images/terminal.svg', import.meta.url));
const CHARACTER = 8.4;
const LINE = 20;
const MARGIN = 20;
/** How wide the terminal is, in characters. */
const COLUMNS = 112;
const COLOURS = { 31: '#ff7b72', 32: '#3fb950', 33: '#d29922', 36: '#39c5cf' };

const folder = mkdtempSync(join(tmpdir(), 'generate-certs-picture-'));
let server;
try {
  const screen = [];
  await type(['--layout', 'grpc', '--client', 'alice'], screen);
  server = await serve(join(folder, 'certs'));
  await type(['verify', '--rest', `https://localhost:${server.address().port}`, '--path', '/'], screen);
  writeFileSync(process.argv[2] ?? PICTURE, draw(screen));
} finally {
  server?.close();
  rmSync(folder, { recursive: true });
}

/** Runs the program as a terminal would, and adds the command and its lines to the screen. */
async function type(args, screen) {
  const { NO_COLOR: _, ...inherited } = process.env;
  const env = { ...inherited, FORCE_COLOR: '1', COLUMNS: String(COLUMNS), LC_ALL: 'C.UTF-8' };
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
  }
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`generate-certs ${args.join(' ')} ended with ${status}:\n${text}`);
  if (screen.length > 0) screen.push('');
  screen.push(`$ generate-certs ${args.join(' ')}`, ...text.replaceAll(folder, '~').trimEnd().split('\n'));
}

/** A server with the set's files, which lets in the clients of its CA. */
async function serve(files) {
  const read = (name) => readFileSync(join(files, name));
  const tls = { cert: read('server.pem'), key: read('server.key'), ca: read('ca.pem'), requestCert: true };
  const running = https.createServer(tls, (_, response) => response.end('hello'));
  const listen = (port) =>
    new Promise((resolve, reject) => running.once('error', reject).listen(port, 'localhost', resolve));
  // The usual port looks better in a picture.
  await listen(8443).catch(() => listen(0));
  return running;
}

/** The screen as SVG. */
function draw(lines) {
  const width = Math.ceil(COLUMNS * CHARACTER) + 2 * MARGIN;
  const height = lines.length * LINE + 2 * MARGIN;
  const rows = lines.map((line, index) => {
    const y = MARGIN + (index + 0.75) * LINE;
    return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${spans(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    '  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="#e6edf3">',
    `<title>${escapeXml(lines.filter((line) => line.startsWith('$ ')).join('; '))}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

/** A line, of which SGR sequences colour the parts. */
function spans(line) {
  if (line.startsWith('$ '))
    return `<tspan fill="#8b949e">$</tspan><tspan font-weight="bold">${escapeXml(line.slice(1))}</tspan>`;
  const style = { fill: undefined, bold: false, dim: false };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a sequence
  const parts = line.split(/(\u001b\[[\d;]*m)/);
  return parts
    .map((part) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
      if (codes === undefined) return part === '' ? '' : span(part, style);
      for (const code of codes.split(';').map(Number)) apply(code, style);
      return '';
    })
    .join('');
}

function apply(code, style) {
  if (code === 0) Object.assign(style, { fill: undefined, bold: false, dim: false });
  else if (code === 1) style.bold = true;
  else if (code === 2) style.dim = true;
  else if (code === 22) Object.assign(style, { bold: false, dim: false });
  else if (code === 39) style.fill = undefined;
  else if (code in COLOURS) style.fill = COLOURS[code];
}

function span(text, { fill, bold, dim }) {
  const attributes = `${fill ? ` fill="${fill}"` : ''}${bold ? ' font-weight="bold"' : ''}${dim ? ' fill-opacity="0.6"' : ''}`;
  return attributes === '' ? escapeXml(text) : `<tspan${attributes}>${escapeXml(text)}</tspan>`;
}

function escapeXml(text) {
  const plain = stripVTControlCharacters(text);
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
