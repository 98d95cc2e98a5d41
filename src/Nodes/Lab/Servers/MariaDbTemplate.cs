using Mmm.Lab.Network;
using Mmm.Lab.Processes;

namespace Mmm.Lab.Servers;

/// <summary>An empty data folder, made once per lab and copied for every server: four installations at once would take four times as long.</summary>
internal static class MariaDbTemplate
{
    public static async Task MakeAsync(LabPaths paths, Inside inside, CancellationToken ct)
    {
        ToolResult result = await Tool.RunAsync(
            [.. inside.OnSwitch, "mariadb-install-db", "--no-defaults", "--datadir=" + paths.Template, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                "--user=root", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=24M", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"],
            null, TimeSpan.FromMinutes(2), null, ct);
        if (result.ExitCode != 0)
            throw new LabException($"mariadb-install-db failed ({result.ExitCode}): {result.Why}");
    }

    public static Task CopyAsync(LabPaths paths, string host, CancellationToken ct) =>
        Tool.RunOrThrowAsync(["cp", "-a", "--reflink=auto", paths.Template, paths.DataDir(host)], ct: ct);
}
