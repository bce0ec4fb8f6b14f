// A certificate for 127.0.0.1 and localhost that signs itself, for servers of tests that speak TLS.
import { join } from 'node:path';
import { give } from './process.js';
import { run } from './real_server.js';

// Makes the files in that folder; the paths of both.
export async function makeCertificate(folder) {
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  await run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-keyout', key, '-out', certificate]);
  give(certificate, 0o644);
  give(key, 0o600);
  return { certificate, key };
}
