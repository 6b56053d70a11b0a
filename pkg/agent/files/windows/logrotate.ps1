# Keeps the agent's logs at 2 MB each, five old ones of every log. A log is
# copied and then emptied, since the programs that write it keep it open.
$ErrorActionPreference = 'Stop'
$log = Join-Path (Split-Path -Parent $PSScriptRoot) 'log'
foreach ($file in Get-ChildItem -Path $log -Filter '*.log') {
    if ($file.Length -lt 2MB) { continue }
    $name = $file.FullName
    if (Test-Path "$name.5") { Remove-Item "$name.5" }
    foreach ($n in 4, 3, 2, 1) {
        if (Test-Path "$name.$n") { Move-Item "$name.$n" "$name.$($n + 1)" }
    }
    Copy-Item $name "$name.1"
    $stream = [IO.File]::Open($name, 'Open', 'Write', 'ReadWrite')
    try { $stream.SetLength(0) } finally { $stream.Close() }
}
