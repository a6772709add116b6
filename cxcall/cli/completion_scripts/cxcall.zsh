#compdef cxcall
# zsh completion for cxcall
_cxcall() {
    local -a answer values
    answer=("${(@f)$(_CXCALL_COMPLETE=zsh _CXCALL_WORD=${(Q)words[CURRENT]} \
        "${words[1]}" "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
    values=("${(@)answer[2,-1]}")
    (( $#values )) && _describe -V 'cxcall' values
    if [[ ${answer[1]} == files ]]; then
        compset -P '--*='
        _files
    fi
}
# Read from a folder of fpath it is the function itself; read by `source` it is told to zsh.
if [[ ${funcstack[1]} == _cxcall ]]; then
    _cxcall "$@"
else
    compdef _cxcall cxcall
fi
