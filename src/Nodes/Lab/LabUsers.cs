using System.Text;
using Mmm.Lab.Config;
using Mmm.Lab.Processes;

namespace Mmm.Lab;

/// <summary>
/// As whom the programs of a lab of <c>up --unprivileged</c> run, as the packaged units have it: mysqld and the agent as mysql, the monitors as nobody; with no capabilities but those that the
/// units give, and no way to others. The configuration belongs to a group that both are in.
/// </summary>
internal static class LabUsers
{
    private const string Database = "mysql";
    private const string Monitor = "nobody";

    /// <summary>In no /etc/group.</summary>
    private const int Readers = 64997;

    private const UnixFileMode GroupReads = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode GroupEnters = GroupReads | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    /// <summary>The command that runs a program as its user.</summary>
    internal static IReadOnlyList<string> Run(LabPlan plan, string program, IReadOnlyList<string> command) => !plan.Options.Unprivileged ? command : program switch
    {
        // What Debian's unit gives it; who looks into its /proc files has to have it as well.
        LabPrograms.Mysqld => [.. As(Database, "+ipc_lock"), .. command],
        LabPrograms.Agent => [.. As(Database, "+net_admin,+net_raw"), .. command],
        LabPrograms.Monitor => [.. As(Monitor, null), .. command],
        _ => command,
    };

    /// <exception cref="LabException">Such a lab cannot be made here.</exception>
    internal static async Task RequireAsync(LabPlan plan, CancellationToken ct)
    {
        if (Network.Inside.Unprivileged)
            throw new LabException("A lab whose programs have users of their own (--unprivileged) needs root: only root may become them.");
        foreach (string user in (string[])[Database, Monitor])
        {
            foreach (string path in (string[])[LabPaths.Root, Programs.Dotnet, .. plan.Options.Bare ? [] : ProgramFiles(plan)])
            {
                ToolResult found = await Tool.RunAsync([.. As(user, null), "sh", "-c", "if [ -d \"$1\" ]; then test -x \"$1\"; else test -r \"$1\"; fi", "sh", path], ct: ct);
                if (found.ExitCode != 0)
                    throw new LabException($"A lab whose programs have users of their own (--unprivileged): {user} cannot reach {path}{(found.Errors.Length > 0 ? $" ({found.Why})" : "")}. Open the folders above it (chmod o+x), or choose another place (--programs, MMM_LAB_ROOT).");
            }
        }
    }

    /// <summary>Gives every file that a program needs to its user; the others stay root's.</summary>
    internal static Task HandOverAsync(LabPlan plan, LabPaths paths, CancellationToken ct)
    {
        const UnixFileMode others = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(paths.Dir, others);
        File.SetUnixFileMode(paths.Configs, GroupEnters);
        foreach (string file in Directory.EnumerateFiles(paths.Configs).Append(paths.TokenFile))
            File.SetUnixFileMode(file, GroupReads);
        StringBuilder script = new();
        script.Append($"chgrp -R {Readers} {paths.Configs} {paths.TokenFile}\n");
        foreach (LabHost host in plan.DatabaseHosts)
            script.Append($"chown -R {Database}: {paths.HostDir(host.Name)}\n");
        foreach (LabHost host in plan.Hosts.Where(h => h.Kind is LabHostKind.Monitor or LabHostKind.Spare))
            script.Append($"chown -R {Monitor}: {paths.HostDir(host.Name)}\n");
        return Tool.RunOrThrowAsync(["sh", "-e"], script.ToString(), ct: ct);
    }

    /// <summary>Every certificate may be read by all of them, a key by its own program alone, and the authority's by none.</summary>
    internal static Task HandOverCertificatesAsync(LabPlan plan, LabPaths paths, CancellationToken ct)
    {
        StringBuilder script = new();
        script.Append($"chgrp {Readers} {paths.Certificates} {paths.Certificates}/*.crt\n");
        script.Append($"chmod 750 {paths.Certificates}\nchmod 640 {paths.Certificates}/*.crt\n");
        foreach (LabHost host in plan.Hosts.Where(h => LabPrograms.PossibleOn(plan, h).Contains(LabPrograms.Monitor)))
            script.Append($"chown {Monitor}: {LabCertificates.OfMonitor(paths, host)}.key\n");
        foreach (LabHost host in plan.DatabaseHosts)
            script.Append($"chown {Database}: {LabCertificates.OfAgent(paths, host)}.key\n");
        return Tool.RunOrThrowAsync(["sh", "-e"], script.ToString(), ct: ct);
    }

    /// <summary>The data of a fresh server are its user's.</summary>
    internal static Task HandOverTemplateAsync(LabPaths paths, CancellationToken ct) => Tool.RunOrThrowAsync(["chown", "-R", Database + ":", paths.Template], ct: ct);

    private static IEnumerable<string> ProgramFiles(LabPlan plan)
    {
        Programs programs = new(plan.Options.Programs);
        return [programs.Monitor, programs.Agent];
    }

    /// <param name="user">Its name; its group is the user's own.</param>
    /// <param name="capabilities">In setpriv's words; null = none.</param>
    private static IEnumerable<string> As(string user, string? capabilities)
    {
        string set = capabilities is null ? "-all" : "-all," + capabilities;
        return
        [
            "setpriv", "--reuid=" + user, "--regid=" + (user == Monitor ? "nogroup" : user), "--groups=" + Readers, "--inh-caps=" + set, "--ambient-caps=" + set, "--bounding-set=" + set, "--no-new-privs", "--",
        ];
    }
}
