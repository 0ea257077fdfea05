// Times of the venue, in UTC as it tells them.

export function moment(ms) {
  return `${new Date(ms).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

// Only the time of the day, to the millisecond.
export function timeOfDay(ms) {
  return new Date(ms).toISOString().slice(11, 23);
}

// A span as minutes and seconds, or hours and minutes.
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 3600) return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}
