#!/bin/sh
# Checks this evidence pack with ssh-keygen (OpenSSH 9.1 or later) and coreutils alone. Changes nothing, needs no network.
# Run it in the pack's folder:   sh verify/check.sh [FILE WITH THE ALLOWED SIGNERS YOU TRUST]
# OpenSSH before 9.1 cannot read the key dates:   sh verify/check.sh trust/allowed_signers.nodates
signers=${1:-trust/allowed_signers}; bad=0; export LC_ALL=C; set -f
fail() { echo "FAILED: $*"; bad=1; }
command -v sha256sum >/dev/null || sha256sum() { shasum -a 256 "$@"; }
[ -f MANIFEST.sha256 ] || { echo "Run this in the folder that holds MANIFEST.sha256"; exit 2; }
[ -f "$signers" ] || { echo "There is no file $signers"; exit 2; }

# verify WHO NAMESPACE TIME FILE SIGNATURE: the file goes to standard input, byte for byte
verify() {
  case $3 in *[!0-9Z]*|'') fail "the time of $4"; return ;; esac
  case $signers in *.nodates) at= ;; *) at=-Overify-time=$3 ;; esac
  ssh-keygen -Y verify -f "$signers" -I "$1" -n "$2" -s "$5" $at < "$4" || fail "signature of $4"
}

# 1. Every file is the one in the manifest, and there is no other file.
grep -Evq '^[0-9a-f]{64}  [A-Za-z0-9._/-]+$' MANIFEST.sha256 && fail "a line of the manifest is malformed"
cut -c65- MANIFEST.sha256 | grep -Eq '^  /|\.\.' && fail "the manifest names a file outside this folder"
{ sha256sum -c MANIFEST.sha256 2>&1 || echo '(digests differ)'; } | grep -v ': OK$' && fail "a file differs from the manifest"
names() { cut -c67- MANIFEST.sha256 | sort -u; echo MANIFEST.sha256; echo MANIFEST.sha256.sig; }
odd=$({ names; find . ! -type d | cut -c3-; } | tr -c 'A-Za-z0-9._/\n-' '?' | sort | uniq -u)
[ -z "$odd" ] && [ "$(find . ! -type d | wc -l)" -eq "$(names | wc -l)" ] || fail "a file is missing, or is not in the manifest:" $odd

# 2. The exporter signed the manifest.
exporter=$(sed -n 's/^exporter: //p' pack.txt); day=$(sed -n 's/^as-of: //p' pack.txt | tr -d -)
verify "$exporter" export.v1@tickmark "${day}235959Z" MANIFEST.sha256 MANIFEST.sha256.sig

# 3. Each statement was signed by the person it names, and its records are those it was signed over.
while read -r no kind namespace who time; do
  case $no in *[!0-9]*|'') fail "bundles/index.txt names no number: $no"; continue ;; esac
  stated="$(sed -n 's/^signer: //p' "bundles/$no.txt") $(sed -n 's/^time: //p' "bundles/$no.txt" | tr -d T:-)"
  [ "$who $time" = "$stated" ] || fail "bundles/index.txt names another signer or time for $no"
  verify "$who" "$namespace" "$time" "bundles/$no.txt" "bundles/$no.txt.sig"
  [ -f "bundles/$no.records.txt" ] || continue
  want=$(sed -n 's/^records-sha256: sha256://p' "bundles/$no.txt")
  [ "$want" = "$(sha256sum < "bundles/$no.records.txt" | cut -c1-64)" ] || fail "records of $no"
done < bundles/index.txt
[ "$(find bundles -name '*.txt.sig' | wc -l)" -eq "$(cut -d' ' -f1 bundles/index.txt | sort -u | wc -l)" ] || fail "a signature is not in bundles/index.txt"

echo
[ $bad = 0 ] || { echo "CHECK FAILED: see the lines above"; exit 1; }
echo "All digests and signatures fit the keys in $signers"
echo "Confirm these keys with the organisation: sha256:$(sha256sum < "$signers" | cut -c1-64)"
