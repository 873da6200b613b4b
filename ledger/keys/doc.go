// Package keys makes signatures with the keys people have. It is the only room that meets private keys.
//
// A [Signer] signs one message under one SSHSIG namespace and answers with the armored signature that stock ssh-keygen
// accepts (ledger.md 4). There are three:
//
//   - a key in an ssh-agent, local or forwarded: [Agent.Signer], [Agent.Find]. Ed25519, ECDSA, RSA, FIDO2 security keys
//     and PKCS#11 tokens look alike behind an agent, and so do certificates;
//   - an OpenSSH key file, encrypted or not: [OpenFile]. The passphrase is asked for at each signature by a callback,
//     wiped after use, and never stored;
//   - stock ssh-keygen as a child process: [Keygen]. It reaches what Go cannot, above all security keys without an
//     agent.
//
// [Find] resolves what a person named as their key (a file of any sort, or a fingerprint) to one of these. A signature
// made on another computer is taken in by [AcceptDetached].
//
// Every Sign verifies what it got before it answers, so an agent that signs with SHA-1 or with another key is found here
// and not in an audit. RSA is always asked for rsa-sha2-512.
//
// A certificate that lies beside a key file ("-cert.pub") is embedded in the signature, since a roster that names a
// certificate authority accepts nothing else; a roster that names the plain key wants the plain key. [WithoutCertificate]
// gives that.
//
// Every error that leaves this package is an [*Error]. Its Reason tells the failures apart for machines, its Hint says
// what to do. Waiting for an agent, a touch or a passphrase ends when the context does.
package keys
