namespace Mmm.Lab;

/// <summary>Files only their owner can read, from the moment they exist.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void Write(string path, string text)
    {
        using FileStream stream = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        using StreamWriter writer = new(stream);
        writer.Write(text);
    }

    /// <summary>Replaces the file in one step: a reader sees the old text or the new one.</summary>
    public static void Replace(string path, string text)
    {
        Write(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
