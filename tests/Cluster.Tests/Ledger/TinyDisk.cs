using System.Diagnostics;
using Xunit;

namespace Mmm.Cluster.Tests.Ledger;

/// <summary>A small file system of its own at a directory, to be filled up or made read-only; needs root, and is unmounted at the end.</summary>
internal sealed class TinyDisk : IAsyncDisposable
{
    private readonly string _at;

    private TinyDisk(string at) => _at = at;

    private string Filler => Path.Combine(_at, "filler");

    public static async Task<TinyDisk> MountAt(string directory)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "mounting a file system needs root");
        Directory.CreateDirectory(directory);
        await Run("mount", "-t", "tmpfs", "-o", "size=1m", "mmm-tiny-disk", directory);
        return new TinyDisk(directory);
    }

    public Task MakeReadOnly() => Run("mount", "-o", "remount,ro", _at);

    public Task MakeWritable() => Run("mount", "-o", "remount,rw", _at);

    public void Fill()
    {
        using FileStream filler = File.Create(Filler);
        byte[] page = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(page);
                filler.Flush();
            }
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    /// <summary>Lazy: a keeper that is just ending may still hold its files.</summary>
    public async ValueTask DisposeAsync() => await Run("umount", "-l", _at);

    private static async Task Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
    }
}
