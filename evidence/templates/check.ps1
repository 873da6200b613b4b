# Checks this evidence pack on Windows with the ssh-keygen of OpenSSH 9.1 or later. Changes nothing, needs no network.
# In the pack's folder:   powershell -ExecutionPolicy Bypass -File verify\check.ps1 [FILE WITH THE ALLOWED SIGNERS YOU TRUST]
param([string]$signers = "trust/allowed_signers")
$ErrorActionPreference = "Stop"   # whatever this script does not expect ends it as a failure
$PSNativeCommandUseErrorActionPreference = $false   # ssh-keygen's own failures are counted below
trap { Write-Output "CHECK FAILED: $_"; exit 1 }
$bad = 0
function Fail($what) { Write-Output "FAILED: $what"; $script:bad = 1 }
if (-not (Test-Path MANIFEST.sha256)) { Write-Output "Run this in the folder that holds MANIFEST.sha256"; exit 2 }
if (-not (Test-Path $signers)) { Write-Output "There is no file $signers"; exit 2 }
if ($PWD.ProviderPath.StartsWith("\\")) { Write-Output "Copy the folder to a local drive first: cmd does not work on a network path"; exit 2 }
function Lines($file) { [IO.File]::ReadAllLines((Join-Path $PWD.ProviderPath $file)) }
function Digest($file) { (Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash.ToLower() }

# cmd hands the file to standard input byte for byte; a PowerShell pipe would recode it. Only plain words get there.
function Verify($who, $namespace, $time, $file, $signature) {
  foreach ($word in $who, $namespace, $time, $file, $signature) {
    if ("$word" -notmatch '^[A-Za-z0-9@._+/-]+\z') { Fail "a word that may not be there: $word"; return }
  }
  $at = if ($signers -like "*.nodates") { "" } else { "-Overify-time=$time" }
  cmd /c "ssh-keygen -Y verify -f ""$signers"" -I ""$who"" -n ""$namespace"" -s ""$signature"" $at < ""$file"""
  if ($LASTEXITCODE -ne 0) { Fail "signature of $file" }
}

# 1. Every file is the one in the manifest, and there is no other file.
$listed = @{ "MANIFEST.sha256" = 1; "MANIFEST.sha256.sig" = 1 }
foreach ($line in @(Lines "MANIFEST.sha256")) {
  if ($line -cnotmatch '^[0-9a-f]{64}  [A-Za-z0-9._/-]+\z') { Fail "a line of the manifest is malformed"; continue }
  if ($line -match '  /|\.\.') { Fail "the manifest names a file outside this folder"; continue }
  $want, $name = $line.Substring(0, 64), $line.Substring(66)
  $listed[$name] = 1
  if (-not (Test-Path -LiteralPath $name) -or (Digest $name) -ne $want) { Fail "a file differs from the manifest: $name" }
}
$files = @(Get-ChildItem -Recurse -Force -File)
foreach ($file in $files) {
  $name = $file.FullName.Substring($PWD.ProviderPath.TrimEnd("\").Length + 1).Replace("\", "/")
  if (-not $listed.ContainsKey($name)) { Fail "a file is missing, or is not in the manifest: $name" }
}
if ($files.Count -ne $listed.Count) { Fail "a file is missing, or is not in the manifest: $($files.Count) files, not $($listed.Count)" }

# 2. The exporter signed the manifest.
$pack = @(Lines "pack.txt")
$exporter = "$($pack | Where-Object { $_.StartsWith("exporter: ") })".Substring(10)
$day = "$($pack | Where-Object { $_.StartsWith("as-of: ") })".Substring(7).Replace("-", "")
Verify $exporter "export.v1@tickmark" "${day}235959Z" "MANIFEST.sha256" "MANIFEST.sha256.sig"

# 3. Each statement was signed by the person it names, and its records are those it was signed over.
$seen = @{}
foreach ($line in @(Lines "bundles/index.txt")) {
  $no, $kind, $namespace, $who, $time = $line.Split(" ")
  if ($no -notmatch '^[0-9]+\z') { Fail "bundles/index.txt names no number: $no"; continue }
  $seen[$no] = 1
  $text = @(Lines "bundles/$no.txt")
  $signer = @($text | Where-Object { $_.StartsWith("signer: ") }) -join ","
  $stated = @($text | Where-Object { $_.StartsWith("time: ") }) -join ","
  if ($signer -cne "signer: $who" -or ($stated -replace "^time: ", "" -replace "[T:-]", "") -cne $time) { Fail "bundles/index.txt names another signer or time for $no" }
  Verify $who $namespace $time "bundles/$no.txt" "bundles/$no.txt.sig"
  $records = "bundles/$no.records.txt"
  if (Test-Path $records) {
    $want = "$($text | Where-Object { $_.StartsWith("records-sha256: sha256:") })"
    if ("records-sha256: sha256:" + (Digest $records) -cne $want) { Fail "records of $no" }
  }
}
if (@(Get-ChildItem bundles -Filter *.txt.sig).Count -ne $seen.Count) { Fail "a signature is not in bundles/index.txt" }

Write-Output ""
if ($bad -ne 0) { Write-Output "CHECK FAILED: see the lines above"; exit 1 }
Write-Output "All digests and signatures fit the keys in $signers"
Write-Output "Confirm these keys with the organisation: sha256:$(Digest $signers)"
