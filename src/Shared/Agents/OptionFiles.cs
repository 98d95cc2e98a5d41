using System.Collections.Immutable;

namespace Mmm.Shared.Agents;

/// <summary>
/// What a server would be started with: its option files (my.cnf) and its command line, read as mysqld and mariadbd read them. Sources: the manuals' "Using Option Files" (MySQL) and "Configuring
/// MariaDB with Option Files". Left out: the files of the user's home and of MYSQL_HOME, and abbreviated option names.
/// </summary>
/// <param name="version">Of the server, which decides about groups.</param>
/// <param name="read">Text of a file; null = it cannot be read.</param>
/// <param name="list">Names of the files in a folder; none when it cannot be read.</param>
public sealed class OptionFiles(ServerVersion version, Func<string, string?> read, Func<string, IEnumerable<string>> list)
{
    /// <summary>Options that are of interest, with their names as variables.</summary>
    public static readonly ImmutableArray<string> Names =
    [
        "innodb_flush_log_at_trx_commit", "read_only", "rpl_semi_sync_master_enabled", "rpl_semi_sync_source_enabled", "super_read_only", "sync_binlog",
    ];

    /// <summary>Deeper includes are a mistake, or a circle.</summary>
    private const int Deepest = 10;

    /// <summary>More are a circle.</summary>
    private const int Most = 200;

    private static readonly ImmutableArray<string> s_default = ["/etc/my.cnf", "/etc/mysql/my.cnf", "/usr/local/mysql/etc/my.cnf"];

    private readonly Dictionary<string, string> _found = new(StringComparer.Ordinal);
    private ImmutableHashSet<string> _groups = [];
    private int _files;

    /// <summary>Of <see cref="Names"/> those that are set, the last one counting; null = the named file cannot be read, so nothing is known.</summary>
    /// <param name="commandLine">Of the running process, its program first.</param>
    /// <param name="persisted">Names and values of mysqld-auto.cnf (SET PERSIST).</param>
    public ImmutableArray<ServerVariable>? Of(IReadOnlyList<string> commandLine, IEnumerable<ServerVariable> persisted)
    {
        string[] options = [.. commandLine.Skip(1).Where(o => o.StartsWith("--", StringComparison.Ordinal))];
        string? Value(string name) => options.LastOrDefault(o => o.StartsWith($"--{name}=", StringComparison.Ordinal)) is { } option ? option[(name.Length + 3)..] : null;
        _groups = Groups(Value("defaults-group-suffix"));
        if (!options.Contains("--no-defaults"))
        {
            if (Value("defaults-file") is { } only)
            {
                if (!File(only, 0))
                    return null;
            }
            else
            {
                foreach (string path in s_default)
                    File(path, 0);
                if (Value("defaults-extra-file") is { } extra && !File(extra, 0))
                    return null;
            }
        }

        foreach (ServerVariable variable in persisted)
            Take(variable.Name, variable.Value);
        foreach (string option in options)
            Line(option[2..]);
        return [.. Names.Where(_found.ContainsKey).Select(n => new ServerVariable(n, _found[n]))];
    }

    private ImmutableHashSet<string> Groups(string? suffix)
    {
        string[] plain = version.IsMariaDb
            ? ["mysqld", "server", $"mysqld-{version.Series}", "mariadb", $"mariadb-{version.Series}", "mariadbd", $"mariadbd-{version.Series}", "client-server"]
            : ["mysqld", "server", $"mysqld-{version.Series}"];
        return [.. plain, .. suffix is null ? [] : plain.Select(g => g + suffix)];
    }

    private bool File(string path, int depth)
    {
        if (depth > Deepest || ++_files > Most || read(path) is not { } text)
            return false;
        bool ours = false;
        foreach (string line in text.Split('\n').Select(l => l.Trim()))
        {
            if (line.Length == 0 || line[0] is '#' or ';')
                continue;
            if (Directive(line, "!includedir") is { } folder)
            {
                foreach (string name in list(folder).Where(n => n.EndsWith(".cnf", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
                    File(Path.Combine(folder, name), depth + 1);
            }
            else if (Directive(line, "!include") is { } file)
            {
                File(file, depth + 1);
            }
            else if (line[0] == '[')
            {
                ours = line.IndexOf(']', StringComparison.Ordinal) is > 0 and int end && _groups.Contains(line[1..end].Trim());
            }
            else if (ours)
            {
                Line(line);
            }
        }

        return true;
    }

    private static string? Directive(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && char.IsWhiteSpace(line[name.Length]) ? line[name.Length..].Trim() : null;

    private void Line(string line)
    {
        int at = line.IndexOf('=', StringComparison.Ordinal);
        string name = (at < 0 ? line.Split('#')[0] : line[..at]).Trim();
        Take(name, at < 0 ? null : Unquoted(line[(at + 1)..].Trim()));
    }

    private static string Unquoted(string value) =>
        value is ['\'' or '"', ..] && value.IndexOf(value[0], 1) is > 0 and int end ? value[1..end] : value.Split('#')[0].Trim();

    /// <param name="option">Name, with the prefixes that an option may have.</param>
    /// <param name="value">Null = none given, which switches a switch on.</param>
    private void Take(string option, string? value)
    {
        string name = option.Replace('-', '_');
        if (name.StartsWith("loose_", StringComparison.Ordinal))
            name = name["loose_".Length..];
        foreach (string off in new[] { "skip_", "disable_" })
        {
            if (name.StartsWith(off, StringComparison.Ordinal))
                (name, value) = (name[off.Length..], "OFF");
        }

        if (name.StartsWith("enable_", StringComparison.Ordinal))
            name = name["enable_".Length..];
        if (Names.Contains(name))
            _found[name] = value ?? "ON";
    }
}
