namespace Mmm.Shared.Settings.Hocon;

/// <summary>Where something was written.</summary>
/// <param name="File">Path as the source gave it.</param>
/// <param name="Line">From 1; 0 for what is in no file, such as the command line.</param>
/// <param name="Column">From 1, in UTF-16 units.</param>
public readonly record struct HoconOrigin(string File, int Line, int Column)
{
    /// <summary><c>file:line</c>, as editors and compilers write it.</summary>
    public string FileAndLine => Line == 0 ? File : $"{File}:{Line}";

    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}
