namespace Mmm.Lab.Tests.Harness;

/// <summary>What a program has logged since a test began to look.</summary>
internal sealed class LogSince
{
    private readonly string _file;
    private readonly int _before;

    private LogSince(string file)
    {
        _file = file;
        _before = Lines().Length;
    }

    public static LogSince Now(LabPaths paths, string host, string program) => new(paths.Log(host, program));

    /// <summary>Lines that contain all of these words.</summary>
    public string[] With(params string[] words) => [.. Lines().Skip(_before).Where(l => words.All(w => l.Contains(w, StringComparison.Ordinal)))];

    private string[] Lines() => File.Exists(_file) ? File.ReadAllLines(_file) : [];
}
