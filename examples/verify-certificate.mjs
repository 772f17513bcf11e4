// Whoever holds a run's experiment and its certificates can check them: no peer is asked and nobody is believed.
import { simulate } from 'synod/simulate';
import { openCertificateVerifier } from 'synod/verify';

const { experiment, certificates, stateDigest } = await simulate({ peers: 4, experiment: { rounds: 3 } })
  .result;

const verifier = await openCertificateVerifier(experiment);
for (const certificate of certificates) {
  const forged = Uint8Array.from(certificate);
  forged[forged.length - 100] ^= 1;
  console.log('changed by a bit:', verifier.verify(forged).fault);
  const { round, signers, contributors } = verifier.verify(certificate);
  console.log(`round ${round}: ${signers.length} signed, ${contributors.length} contributed`);
}
console.log('the run ended there:', verifier.stateDigest === stateDigest);
