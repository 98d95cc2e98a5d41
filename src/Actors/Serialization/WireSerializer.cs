using System.Runtime.Serialization;
using System.Text.Json;
using Akka.Actor;
using Akka.Serialization;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Serialization;

/// <summary>
/// Writes and reads every <see cref="IWireMessage"/> as JSON under a short manifest of <see cref="WireManifests"/>. The payload never
/// chooses a type. Whatever is wrong with a message, on either side, ends in a <see cref="SerializationException"/> that names the
/// message and the field: Akka.Remote logs that one and drops the message, while any other exception would cost the connection.
/// </summary>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Largest payload in bytes, both ways. Whole pictures of a cluster are a few KiB; beyond this something is wrong, not big.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The serializer's number on the wire; Akka's own are below 100. Never changes.</summary>
    public const int WireIdentifier = 551;

    public override int Identifier => WireIdentifier;

    public override string Manifest(object o) => EntryOf(o).Manifest;

    public override byte[] ToBinary(object obj)
    {
        WireManifests.Entry entry = EntryOf(obj);
        byte[] bytes;
        try
        {
            bytes = JsonSerializer.SerializeToUtf8Bytes(obj, entry.Json);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException or NullReferenceException)
        {
            throw new SerializationException($"{entry.Name} cannot be sent: {Describe(e)}", e);
        }

        if (bytes.Length > MaxBytes)
            throw new SerializationException($"{entry.Name} cannot be sent: it has {bytes.Length} bytes, at most {MaxBytes} may be sent");
        return bytes;
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        WireManifests.Entry entry = WireManifests.Of(manifest)
            ?? throw new SerializationException($"A message with the manifest '{Shorten(manifest)}' was refused: this release knows no such message; does the sender run a newer one?");
        if (bytes.Length > MaxBytes)
            throw new SerializationException($"{entry.Name} was refused: it has {bytes.Length} bytes, at most {MaxBytes} are read");
        try
        {
            return JsonSerializer.Deserialize(bytes, entry.Json)
                ?? throw new SerializationException($"{entry.Name} was refused: its payload is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            throw new SerializationException($"{entry.Name} was refused: {Describe(e)}", e);
        }
    }

    private static WireManifests.Entry EntryOf(object message) => WireManifests.Of(message.GetType())
        ?? throw new SerializationException($"{message.GetType()} cannot be sent: it has no manifest in {nameof(WireManifests)}");

    /// <summary>The field is in the exception's path, but only sometimes in its text.</summary>
    private static string Describe(Exception e) =>
        e is JsonException { Path: { } path } && !e.Message.Contains(path, StringComparison.Ordinal) ? $"{path}: {e.Message}" : e.Message;

    private static string Shorten(string manifest) => manifest.Length <= 40 ? manifest : manifest[..40] + "…";
}
