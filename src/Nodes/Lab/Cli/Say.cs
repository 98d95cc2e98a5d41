using System.Diagnostics;

namespace Mmm.Lab.Cli;

/// <summary>What the commands tell people: plain lines, so that they also read well in a log.</summary>
internal static class Say
{
    private static readonly long _start = Stopwatch.GetTimestamp();

    public static void Line(string text) => Console.WriteLine(text);

    /// <summary>A step of something that takes a while, with the seconds since the command began.</summary>
    public static void Step(string text) => Console.WriteLine($"[{Stopwatch.GetElapsedTime(_start).TotalSeconds,5:0.0} s] {text}");

    public static void Error(string text) => Console.Error.WriteLine("ERROR: " + text);
}
