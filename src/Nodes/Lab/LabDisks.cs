using System.Globalization;
using Mmm.Lab.Processes;

namespace Mmm.Lab;

/// <summary>
/// A file system of its own for each server's data (a lab of <c>up --disks</c>), which really fills up, breaks and stands still. It is an ext4 in a file, mounted in the lab's mount namespace,
/// with which it goes.
/// </summary>
public sealed class LabDisks(LabCluster lab)
{
    private const int Megabytes = 768;
    private const string Filler = ".filler";

    private static readonly string[] s_programs = ["mkfs.ext4", "fsfreeze", "fallocate", "mount"];

    /// <summary>Throws when a disk cannot be made here.</summary>
    internal static void Require()
    {
        if (Network.Inside.Unprivileged)
            throw new LabException("A lab with disks (--disks) needs root: only root may mount a file system from a file.");
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)];
        foreach (string missing in s_programs.Where(p => !folders.Any(f => File.Exists(Path.Combine(f, p)))))
            throw new LabException($"A lab with disks (--disks) needs '{missing}': install the packages e2fsprogs, util-linux and mount.");
    }

    /// <summary>Makes the disk and puts the template's files onto it.</summary>
    internal Task MakeAsync(LabHost host, CancellationToken ct) => RunAsync(
        host,
        $"""
        truncate -s {Megabytes}M "$image"
        mkfs.ext4 -q -F -m 0 "$image"
        mkdir "$data"
        mount -o loop,errors=remount-ro "$image" "$data"
        rmdir "$data/lost+found"
        cp -a "$1/." "$data"
        """,
        ct, lab.Paths.Template);

    /// <summary>Nothing more can be written to the disk; what is written already stays.</summary>
    public Task FillAsync(string host, CancellationToken ct = default) => RunAsync(
        Check(host),
        $"""
        fallocate -l "$(df --output=avail -B1 "$data" | tail -n 1)" "$data/{Filler}" 2>/dev/null || true
        dd if=/dev/zero of="$data/{Filler}2" bs=4k 2>/dev/null || true
        """,
        ct);

    /// <summary>The file system finds an error in itself and makes itself read-only, as ext4 does; also while files are open for writing.</summary>
    public Task BreakAsync(string host, CancellationToken ct = default) => RunAsync(
        Check(host), "device=$(findmnt -no SOURCE \"$data\")\necho 1 >\"/sys/fs/ext4/${device#/dev/}/trigger_fs_error\"\n", ct);

    /// <summary>Every write stands still until <see cref="MendAsync"/>; a process that writes cannot even be killed.</summary>
    public Task StallAsync(string host, CancellationToken ct = default) => RunAsync(Check(host), "fsfreeze -f \"$data\" || true\n", ct);

    /// <summary>Writes go on, there is space again. A disk that was broken is not mended in place (every program has it mounted): that throws.</summary>
    public Task MendAsync(string host, CancellationToken ct = default) => RunAsync(
        Check(host),
        $"""
        fsfreeze -u "$data" 2>/dev/null || true
        rm -f "$data/{Filler}" "$data/{Filler}2" 2>/dev/null || true
        touch "$data/{Filler}" 2>/dev/null || (echo "the disk of {host}'s mysqld is broken for good: remove the lab, and bring it up again" >&2; exit 1)
        rm "$data/{Filler}"
        """,
        ct);

    /// <summary>What stands still can be ended afterwards. Does nothing where there are no disks.</summary>
    /// <param name="paths">The lab, in whatever state.</param>
    /// <param name="processes">Of the lab, any of which leads into its mount namespace.</param>
    internal static async Task ThawAllAsync(LabPaths paths, IEnumerable<ProcessIdentity> processes)
    {
        string[] images = Directory.Exists(paths.Dir) ? Directory.GetFiles(paths.Dir, "disk.img", SearchOption.AllDirectories) : [];
        if (images.Length == 0 || processes.FirstOrDefault(p => p.IsAlive) is not { } process)
            return;
        foreach (string image in images)
        {
            string data = Path.Combine(Path.GetDirectoryName(image)!, "data");
            await Tool.RunAsync(["nsenter", "--target=" + process.Pid.ToString(CultureInfo.InvariantCulture), "--mount", "--", "fsfreeze", "-u", data]);
        }
    }

    private Task<string> RunAsync(LabHost host, string script, CancellationToken ct, params string[] arguments) =>
        Tool.RunOrThrowAsync([.. lab.Inside.OnSwitch, "sh", "-ec", $"image=\"{lab.Paths.DiskImage(host.Name)}\"\ndata=\"{lab.Paths.DataDir(host.Name)}\"\n{script}", "sh", .. arguments], ct: ct);

    private LabHost Check(string host)
    {
        LabHost h = lab.Plan[host];
        return !lab.Plan.Options.Disks ? throw new LabException($"The servers of the lab '{lab.Plan.Options.Name}' have no disks of their own: bring it up with --disks.")
            : lab.Plan.DatabaseHosts.Contains(h) ? h : throw new LabException($"There is no mysqld on '{host}', so no disk of its data.");
    }
}
