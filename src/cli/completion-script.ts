export type Shell = 'bash' | 'zsh' | 'fish';

/**
 * The script a shell loads. It only asks the program what the word could be, so it never differs from the installed
 * version. An answer is a line `word<TAB>help`; a line `:file` stands for the names of files.
 */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for agent and waldur-storage-agent
# shellcheck shell=bash
_waldur_storage_agent() {
  local line cur="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      compopt -o filenames
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
    else
      COMPREPLY+=("$(printf '%q' "\${line%%$'\\t'*}")")
    fi
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _waldur_storage_agent agent waldur-storage-agent
`,
  zsh: `#compdef agent waldur-storage-agent
_waldur_storage_agent() {
  local line word
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      _files
      continue
    fi
    word=\${line%%$'\\t'*}
    candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#candidates )) && _describe agent candidates
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _waldur_storage_agent "$@"
else
  compdef _waldur_storage_agent agent waldur-storage-agent
fi
`,
  fish: `# fish completion for agent and waldur-storage-agent
function __waldur_storage_agent
    set -l words (commandline -opc)
    for line in ($words[1] __complete -- $words[2..] (commandline -ct) 2>/dev/null)
        if test "$line" = ":file"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c agent -f -a '(__waldur_storage_agent)'
complete -c waldur-storage-agent -f -a '(__waldur_storage_agent)'
`,
};
