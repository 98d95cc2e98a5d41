using System.Globalization;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>Whose a process is and what it may do: proc_pid_status(5), which everybody may read.</summary>
/// <param name="User">Effective user.</param>
/// <param name="Capabilities">Effective ones, a bit each.</param>
internal sealed record ProcessStatus(int User, ulong Capabilities)
{
    /// <summary>Those that the agent has a use for, by their numbers in linux/capability.h.</summary>
    private static readonly (int Number, string Name)[] s_names =
    [
        (1, "CAP_DAC_OVERRIDE"), (2, "CAP_DAC_READ_SEARCH"), (5, "CAP_KILL"), (12, "CAP_NET_ADMIN"), (13, "CAP_NET_RAW"), (14, "CAP_IPC_LOCK"), (19, "CAP_SYS_PTRACE"),
    ];

    /// <summary>This process.</summary>
    public static ProcessStatus Own { get; } = Of(Environment.ProcessId) ?? new ProcessStatus(-1, 0);

    /// <summary>Null when it is gone or hidden.</summary>
    public static ProcessStatus? Of(int pid)
    {
        try
        {
            Dictionary<string, string[]> fields = File.ReadLines($"/proc/{pid}/status")
                .Select(l => l.Split([':', '\t', ' '], StringSplitOptions.RemoveEmptyEntries)).Where(f => f.Length > 1).ToDictionary(f => f[0], f => f[1..], StringComparer.Ordinal);
            return new ProcessStatus(int.Parse(fields["Uid"][1], CultureInfo.InvariantCulture), ulong.Parse(fields["CapEff"][0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>For people: <c>mysql (102)</c>; the number alone where it has no name here.</summary>
    public string UserText
    {
        get
        {
            string number = User.ToString(CultureInfo.InvariantCulture);
            try
            {
                return File.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(f => f.Length > 2 && f[2] == number) is { } entry ? $"{entry[0]} ({number})" : number;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return number;
            }
        }
    }

    /// <summary>For people.</summary>
    public string CapabilitiesText =>
        s_names.Where(n => (Capabilities & (1ul << n.Number)) != 0).Select(n => n.Name).ToArray() is { Length: > 0 } names ? string.Join(", ", names) : "no capabilities";
}
