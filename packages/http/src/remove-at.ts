/** As `splice`, which makes a list of what it takes out. `copyWithin` would look each place up by its name. @param place of what is taken out */
export const removeAt = (list: unknown[], place: number): void => {
  for (let at = place + 1; at < list.length; at++) list[at - 1] = list[at]
  list.pop()
}
