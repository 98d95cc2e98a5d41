using Mmm.Lab.Processes;

namespace Mmm.Lab.Network;

/// <summary>Runs commands inside the lab's namespaces, from a process outside of them.</summary>
public sealed class Inside(LabPaths paths, ProcessIdentity keeper)
{
    /// <summary>Arguments in front of a command that is to run on the lab's switch.</summary>
    public IReadOnlyList<string> OnSwitch =>
    [
        "nsenter", $"--target={keeper.Pid}", .. Unprivileged ? ["--user", "--preserve-credentials"] : Array.Empty<string>(), "--mount", "--net", "--",
    ];

    /// <summary>Arguments in front of a command that is to run on a host of the lab.</summary>
    public IReadOnlyList<string> On(string host) => [.. OnSwitch, "nsenter", "--net=" + paths.NamespaceOf(host), "--"];

    public Task<string> ShellOnSwitchAsync(string script, CancellationToken ct) => Tool.RunOrThrowAsync([.. OnSwitch, "sh", "-e"], script, null, ct);

    public Task<string> ShellOnAsync(string host, string script, CancellationToken ct) => Tool.RunOrThrowAsync([.. On(host), "sh", "-e"], script, null, ct);

    /// <summary>True when the lab lives in a user namespace of its own, because its owner is not root.</summary>
    internal static bool Unprivileged { get; } = !Environment.IsPrivilegedProcess;
}
