# bash completion for cxcall
_cxcall() {
    local kind value
    COMPREPLY=()
    {
        IFS= read -r kind
        while IFS= read -r value; do
            COMPREPLY+=("$value")
        done
    } < <(_CXCALL_COMPLETE=bash _CXCALL_BREAKS=$COMP_WORDBREAKS \
        _CXCALL_LINE=${COMP_LINE:0:COMP_POINT} "$1" 2>/dev/null)
    # Names of files are readline's own default; bash before 4 cannot turn it off.
    if [[ $kind != files ]] && type compopt &>/dev/null; then
        compopt +o default
    elif [[ ${#COMPREPLY[@]} -gt 0 ]] && type compopt &>/dev/null; then
        compopt -o filenames
        while IFS= read -r value; do
            COMPREPLY+=("$value")
        done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}
complete -o default -F _cxcall cxcall
