# bash completion for sshsniff: commands, and the options that each command's own --help names.
_sshsniff() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=watch
    case ${COMP_WORDS[1]} in probe | local | run | explain) command=${COMP_WORDS[1]} ;; esac
    if [ "$before" = -i ] || [ "$before" = --interface ]; then
        COMPREPLY=($(compgen -W "any $(cd /sys/class/net 2>/dev/null && echo *)" -- "$word"))
    elif [ "$before" = -r ] || [ "$before" = --read ] || [ "$before" = -w ] || [ "$before" = --write ] ||
        [ "$before" = --metrics ] || [ "$before" = --html ]; then
        COMPREPLY=($(compgen -f -- "$word"))
    elif [ "$before" = --color ]; then
        COMPREPLY=($(compgen -W "auto always never" -- "$word"))
    elif [ "$before" = --cause ]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" explain 2>/dev/null </dev/null | awk '/^  [a-z]/ {print $1}')" -- "$word"))
    elif [ "$before" = --format ]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" --format help 2>/dev/null | sed -n 's/^  \([a-z0-9-]*\) .*/\1/p')" -- "$word"))
    elif [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null | grep -oE -- '^  +(-[[:alnum:]], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+')" -- "$word"))
    elif [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "watch probe local run explain" -- "$word"))
    elif [ "$command" = explain ]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" explain 2>/dev/null </dev/null | awk '/^  [a-z]/ {print $1}')" -- "$word"))
    elif [ "$command" = probe ] || [ "$command" = local ]; then
        COMPREPLY=($(compgen -A hostname -- "$word"))
    fi
}
complete -o default -F _sshsniff sshsniff
