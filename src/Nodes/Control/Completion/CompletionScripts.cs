namespace Mmm.Control.Completion;

/// <summary>Scripts for the shells; all of them ask <c>mmm __complete WORDS…</c>, whose last word is the one being typed.</summary>
internal static class CompletionScripts
{
    public static string? For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => null,
    };

    // Bash breaks words at '@' and ':' too (COMP_WORDBREAKS) and replaces only the part behind. So the line is split at blanks, and
    // what bash keeps is cut off the front of the candidates.
    private const string Bash = """
        # bash completion of mmm: source <(mmm completion bash)
        _mmm() {
            local line="${COMP_LINE:0:COMP_POINT}" part="${COMP_WORDS[COMP_CWORD]}" words current candidate
            read -ra words <<< "$line"
            [[ "$line" == *[[:space:]] ]] && words+=("")
            current="${words[-1]}"
            [[ "$part" == [@:] ]] && part=""
            COMPREPLY=()
            while IFS= read -r candidate; do
                COMPREPLY+=("${candidate:${#current}-${#part}}")
            done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
        }
        complete -F _mmm mmm mmm_control

        """;

    private const string Zsh = """
        #compdef mmm mmm_control
        # zsh completion of mmm: source <(mmm completion zsh), or save it as _mmm in a folder of $fpath
        _mmm() {
            local -a candidates
            candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            compadd -- "${(@)candidates:#}"
        }
        if [[ "$funcstack[1]" == "_mmm" ]]; then
            _mmm "$@"
        else
            compdef _mmm mmm mmm_control
        fi

        """;

    private const string Fish = """
        # fish completion of mmm: mmm completion fish | source
        function __mmm_complete
            set -l words (commandline -opc) (commandline -ct)
            $words[1] __complete $words[2..-1] 2>/dev/null
        end
        complete -c mmm -f -a '(__mmm_complete)'
        complete -c mmm_control -f -a '(__mmm_complete)'

        """;
}
