# PowerShell completion for cxcall
Register-ArgumentCompleter -Native -CommandName cxcall -ScriptBlock {
    param($word, $line, $cursor)
    $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } |
        Select-Object -Skip 1 | ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $Env:_CXCALL_COMPLETE = 'powershell'
    $Env:_CXCALL_WORD = $word
    try {
        $kind, $values = & $line.CommandElements[0].Extent.Text @words 2>$null
    }
    finally {
        Remove-Item Env:_CXCALL_COMPLETE, Env:_CXCALL_WORD -ErrorAction SilentlyContinue
    }
    foreach ($value in $values) {
        $text, $about = $value -split "`t", 2
        if (-not $about) { $about = $text }
        [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $about)
    }
    if ($kind -eq 'files') {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($word)
    }
}
