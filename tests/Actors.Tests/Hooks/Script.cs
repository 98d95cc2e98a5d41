namespace Mmm.Actors.Tests.Hooks;

/// <summary>A real program in a folder of its own, which it may write to: <c>$DIR</c> in its text stands for that.</summary>
internal sealed class Script : IDisposable
{
    /// <summary>Of tests that run one: a file that is being written while another test starts a program cannot be executed ("text file busy").</summary>
    public const string Collection = "programs";

    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-hook-").FullName;

    public Script(string text, string interpreter = "/bin/sh")
    {
        File.WriteAllText(Path, $"#!{interpreter}\n{text.Replace("$DIR", _folder, StringComparison.Ordinal)}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path => In("hook");

    public string In(string name) => System.IO.Path.Combine(_folder, name);

    public string[] Lines(string name) => File.Exists(In(name)) ? File.ReadAllLines(In(name)) : [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
