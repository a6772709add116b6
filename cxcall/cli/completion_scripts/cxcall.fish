# fish completion for cxcall
function __cxcall_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct | string trim --left --chars=\"\' | string unescape)
    set -l answer (_CXCALL_COMPLETE=fish _CXCALL_WORD="$word" $words 2>/dev/null)
    string join \n -- $answer[2..-1]
    if test "$answer[1]" = files
        set -l flag (string match -r -- '^--[^=]+=' "$word")
        for path in (__fish_complete_path (string replace -- "$flag" '' "$word"))
            echo "$flag$path"
        end
    end
end
complete --command cxcall --no-files --arguments '(__cxcall_complete)'
